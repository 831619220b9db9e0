/** What a name of the registry stands for. */
type RegistryKind = 'model' | 'prompt';

/**
 * News that rooms tell upward. An event is inserted in the transaction of the change it reports and delivered after
 * the commit, at least once. The payload names things by id; whoever needs more reads it from the room.
 */
export interface EventPayloads {
  'job.finished': { jobId: string; kind: string; state: 'succeeded' | 'failed' | 'cancelled' };
  'dataset-version.created': { datasetVersionId: string; dataset: string; version: number; digest: string };
  'dataset-version.refused': { validationRunId: string; dataset: string; failingRows: number };
  'run.finished': { runId: string; status: string };
  'pipeline-run.finished': { pipelineRunId: string; pipeline: string; status: string; trigger: string };
  'model-version.created': { modelVersionId: string; model: string; version: number; digest: string };
  'registry.model.created': {
    model: string;
    kind: RegistryKind;
    tags: Record<string, string>;
    description: string;
  };
  'registry.model.tag.set': { model: string; kind: RegistryKind; key: string; value: string };
  'registry.model.tag.deleted': { model: string; kind: RegistryKind; key: string };
  'registry.version.created': {
    modelVersionId: string;
    model: string;
    kind: RegistryKind;
    version: number;
    source: string;
    runId: string | null;
    tags: Record<string, string>;
    description: string;
  };
  'registry.version.tag.set': {
    model: string;
    kind: RegistryKind;
    version: number;
    key: string;
    value: string;
  };
  'registry.version.tag.deleted': { model: string; kind: RegistryKind; version: number; key: string };
  'registry.alias.set': { model: string; kind: RegistryKind; alias: string; version: number };
  'registry.alias.deleted': { model: string; kind: RegistryKind; alias: string };
  'project.changed': { project: string; revision: number };
  'policies.changed': { version: number; digest: string };
  'waiver.changed': { waiverId: string; rule: string; state: string };
  'change.planned': { changeId: string; kind: string; subject: string };
  'change.approved': { changeId: string; approver: string };
  'change.moved': { changeId: string; kind: string; from: string; to: string };
  'change.finished': { changeId: string; kind: string; state: string };
  'endpoint.changed': { endpoint: string; revision: number };
  'endpoint.overused': { endpoint: string; busyDays: number; frozen: boolean };
  'predictions.logged': { endpoint: string; rows: number; firstTime: number; lastTime: number };
  'drift.detected': { monitorId: string; endpoint: string; windowStart: number; columns: string[] };
  'alert.changed': { alertId: string; monitorId: string; state: string };
  'retraining.decided': { retrainingRunId: string; policyId: string; decision: string; reason: string };
}

export type EventType = keyof EventPayloads;

/** An event as stored and delivered; a distributive union, so that `type` narrows `payload`. */
export type EsteiraEvent = {
  [T in EventType]: {
    id: string;
    workspace: string;
    type: T;
    at: number;
    actor: string;
    payload: EventPayloads[T];
  };
}[EventType];
