import type { LoggedModelRecord } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { numberToWire } from '../number-to-wire.ts';

export type LoggedModelStatus = LoggedModelRecord['status'];

/** By their numbers in the protocol. */
const statusNames = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
] as const;
const statuses: readonly LoggedModelStatus[] = ['unspecified', 'pending', 'ready', 'failed'];

/** Reads a status by its name or its number. */
export function readStatus(fields: Fields): LoggedModelStatus {
  const given = fields.raw('status');
  const names: readonly string[] = statusNames;
  const status = statuses[typeof given === 'number' ? given : names.indexOf(fields.text('status'))];
  if (status === undefined) throw fields.refuse('status', `Value must be one of ${statusNames.join(', ')}`);
  return status;
}

/** A logged model in the words of the wire. */
export function loggedModelToWire(
  model: LoggedModelRecord,
  registrations: readonly { readonly model: string; readonly version: number }[],
) {
  const { params, tags, metrics } = model;
  return {
    info: {
      model_id: model.id,
      experiment_id: String(model.experimentNumber),
      name: model.name,
      creation_timestamp_ms: model.createdAt,
      last_updated_timestamp_ms: model.updatedAt,
      artifact_uri: model.artifactLocation,
      status: statusNames[statuses.indexOf(model.status)] ?? statusNames[0],
      model_type: model.type,
      ...(model.sourceRunId === null ? {} : { source_run_id: model.sourceRunId }),
      tags: entries(tags),
      registrations: registrations.map(({ model: name, version }) => ({ name, version: String(version) })),
    },
    data: {
      params: entries(params),
      metrics: metrics.map((metric) => ({
        key: metric.name,
        value: numberToWire(metric.value),
        timestamp: metric.at,
        step: metric.step,
        ...(metric.datasetName === undefined ? {} : { dataset_name: metric.datasetName }),
        ...(metric.datasetDigest === undefined ? {} : { dataset_digest: metric.datasetDigest }),
        model_id: metric.modelId,
        run_id: metric.runId,
      })),
    },
  };
}

function entries(values: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}
