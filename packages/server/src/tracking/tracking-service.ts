import type { Reference, RunSource, RunStatus } from '@esteira/contracts';
import type { AuditLog, Lineage, NodeRef } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { EsteiraError, esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { Artifact } from './artifacts/artifact.ts';
import { type Artifacts, createArtifacts } from './artifacts/artifact-service.ts';
import { createBatchWriter, type EntryBatch } from './batch-writer.ts';
import type { Experiment } from './experiment.ts';
import { createExperimentService, type ExperimentService, makeExperiment } from './experiment-service.ts';
import { findExperiment } from './experiment-store.ts';
import { createLatestValues, type LatestValues } from './latest-values.ts';
import { createMetricSeries, type MetricSeries } from './metric-series.ts';
import { createMetricSorter } from './metric-sorter.ts';
import { appendMetricPoints } from './metric-store.ts';
import type { MetricPoint } from './metric-value.ts';
import { insertModelMetrics } from './model-metric-store.ts';
import { createRewind, type Rewind } from './rewind/rewind-run.ts';
import { isFinished, type RunBatch, type RunHead, type RunReference } from './run.ts';
import { insertRunDatasets } from './run-dataset-store.ts';
import { deleteTags, findTag, insertParams, insertReferences, setTags } from './run-entry-store.ts';
import { insertRunModels } from './run-model-store.ts';
import { newRevision } from './run-revision.ts';
import { createRunStarter, type RunStarter } from './run-starter.ts';
import { insertRun, runLocation, updateRun } from './run-store.ts';
import { createRunTexts, type RunTexts } from './text-search/run-texts.ts';
import { assertRunNotHeld, existingRun, writableRun } from './writable-run.ts';

interface StartRunRequest {
  /** Name of the experiment; it is made when it does not exist. */
  readonly experiment: string;
  readonly project?: string | undefined;
  readonly name: string;
  readonly parentRunId?: string | undefined;
  readonly source?: RunSource;
  readonly tags?: Readonly<Record<string, string>>;
}

interface RunChange {
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  /** Null for none. */
  readonly parentRunId?: string | null | undefined;
  readonly status?: RunStatus | undefined;
  /** When it ended; the time of the change where it ends by this one, unless given. */
  readonly finishedAt?: number | undefined;
  readonly deleteTags?: readonly string[] | undefined;
}

/** What a room that has a transaction open may do with runs inside it. */
interface TrackingTransaction {
  /** Throws EXPERIMENT_DELETED, RUN_NOT_FOUND (of the parent). */
  startRun(context: RequestContext, request: StartRunRequest): Promise<RunHead>;
  /** Throws RUN_NOT_FOUND, RUN_DELETED, PARAM_CHANGED. The same batch again changes nothing, given its times. */
  log(context: RequestContext, runId: string, batch: RunBatch): Promise<void>;
  /** Finishes a run, or opens it again when `status` is `running`. Throws RUN_NOT_FOUND, RUN_DELETED. */
  finishRun(context: RequestContext, runId: string, status: RunStatus): Promise<void>;
}

export interface TrackingService extends TrackingTransaction, ExperimentService {
  within(tx: SqlTransaction): TrackingTransaction;
  /** To be awaited before latest values are read past the room's reader. */
  readonly latest: LatestValues;
  /** To be told of words that are written, and awaited before they are searched. */
  readonly texts: RunTexts;
  /** Begins a run in the experiment of a number, with an id, words and a time of the caller's. */
  readonly beginRun: RunStarter;
  /** Adds to the list of JSON that a tag holds. Throws RUN_NOT_FOUND, RUN_DELETED. */
  appendToTag(context: RequestContext, runId: string, name: string, item: unknown): Promise<void>;
  /** False when the run has no such tag. Throws RUN_NOT_FOUND, RUN_DELETED, LEGAL_HOLD. */
  deleteTag(context: RequestContext, runId: string, name: string): Promise<boolean>;
  updateRun(context: RequestContext, runId: string, change: RunChange): Promise<void>;
  deleteRun(context: RequestContext, runId: string): Promise<void>;
  restoreRun(context: RequestContext, runId: string): Promise<void>;
  /** Puts a run back to a step or a time. */
  readonly rewindRun: Rewind;
  /** Files of runs and of everything else that has some. */
  readonly artifacts: Artifacts;
  /** Streams a file into the blob store and keeps it with the run. Throws what `artifacts.put` does. */
  putArtifact(
    context: RequestContext,
    runId: string,
    path: string,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<Artifact>;
}

export interface TrackingDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly events: EventBus;
  readonly audit: AuditLog;
  readonly lineage: Lineage;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

/** What the parts of the room share. */
interface Shared extends TrackingDeps {
  readonly series: MetricSeries;
  readonly texts: RunTexts;
}

export function createTrackingService(given: TrackingDeps): TrackingService {
  const { sql, clock } = given;
  const texts = createRunTexts(given);
  const series = createMetricSeries(given);
  const deps: Shared = { ...given, series, texts };
  const latest = createLatestValues(given);
  const artifacts = createArtifacts(deps);
  const sorter = createMetricSorter({ sql, series, latest });
  const writeBatch = createBatchWriter({
    sql,
    series,
    sorter,
    texts,
    writeAlone: (context, runId, batch) =>
      sql.transaction(async (tx) => {
        await writableRun(tx, context, runId);
        await writeEntries(deps, tx, context, runId, batch);
      }),
  });

  const within = (tx: SqlTransaction): TrackingTransaction => ({
    startRun: (context, request) => startRunIn(deps, tx, context, request),
    log: (context, runId, batch) => logIn(deps, tx, context, runId, batch),
    finishRun: async (context, runId, status) => {
      await changeRunIn(deps, tx, context, await writableRun(tx, context, runId), { status });
    },
  });

  async function setDeleted(context: RequestContext, runId: string, deleted: boolean): Promise<void> {
    await sql.transaction(async (tx) => {
      const run = await existingRun(tx, context, runId);
      if ((run.deletedAt !== undefined) === deleted) return;
      if (deleted) await assertRunNotHeld(tx, context, run);
      await updateRun(tx, context.workspace, runId, { deletedAt: deleted ? clock.now() : null });
      await texts.changed(tx, [runId]);
      await deps.audit.record(tx, context, {
        action: deleted ? 'tracking.run.deleted' : 'tracking.run.restored',
        subject: { kind: 'run', id: runId },
      });
    });
  }

  return {
    ...createExperimentService(deps),
    within,
    latest,
    texts,
    startRun: (context, request) => sql.transaction((tx) => within(tx).startRun(context, request)),
    log(context, runId, batch) {
      const { inputs, outputs, datasets, modelInputs, modelOutputs, ...entries } = batch;
      if ([inputs, outputs, datasets, modelInputs, modelOutputs].every(isEmpty))
        return writeBatch(context, runId, entriesOf(deps, runId, entries));
      return sql.transaction((tx) => within(tx).log(context, runId, batch));
    },
    finishRun: (context, runId, status) =>
      sql.transaction((tx) => within(tx).finishRun(context, runId, status)),

    beginRun: createRunStarter(deps),
    appendToTag: (context, runId, name, item) =>
      sql.transaction(async (tx) => {
        await writableRun(tx, context, runId);
        const stored: unknown = JSON.parse((await findTag(tx, runId, name)) ?? '[]');
        const list = Array.isArray(stored) ? [...stored, item] : [item];
        await setTags(tx, runId, { [name]: JSON.stringify(list) });
        await texts.changed(tx, [runId]);
      }),
    deleteTag: (context, runId, name) =>
      sql.transaction(async (tx) => {
        await assertRunNotHeld(tx, context, await writableRun(tx, context, runId));
        await texts.changed(tx, [runId]);
        return (await deleteTags(tx, runId, [name])) > 0;
      }),
    updateRun: (context, runId, change) =>
      sql.transaction(async (tx) => {
        await changeRunIn(deps, tx, context, await writableRun(tx, context, runId), change);
      }),
    deleteRun: (context, runId) => setDeleted(context, runId, true),
    restoreRun: (context, runId) => setDeleted(context, runId, false),
    rewindRun: createRewind({ ...deps, sorter }),

    artifacts,
    putArtifact: (context, id, path, bytes) => artifacts.put(context, { kind: 'run', id }, path, bytes),
  };
}

async function startRunIn(
  deps: Shared,
  tx: SqlTransaction,
  context: RequestContext,
  request: StartRunRequest,
): Promise<RunHead> {
  const experiment = await experimentFor(deps, tx, context, request);
  if (request.parentRunId !== undefined) await existingRun(tx, context, request.parentRunId);
  const project = request.project ?? experiment.project;
  const id = deps.ids.next('run');
  const run: RunHead = {
    id,
    experimentId: experiment.id,
    experiment: experiment.name,
    experimentNumber: experiment.number,
    experimentDeleted: false,
    artifactLocation: runLocation(experiment.artifactLocation, id),
    ...(project === undefined ? {} : { project }),
    name: request.name,
    ...(request.parentRunId === undefined ? {} : { parentRunId: request.parentRunId }),
    status: 'running',
    source: request.source ?? {},
    note: '',
    createdBy: context.actor.id,
    startedAt: deps.clock.now(),
  };
  await insertRun(tx, context.workspace, run, newRevision(deps.ids));
  await setTags(tx, run.id, request.tags ?? {});
  deps.texts.begun(tx);
  return run;
}

async function experimentFor(
  deps: TrackingDeps,
  tx: SqlTransaction,
  context: RequestContext,
  request: StartRunRequest,
): Promise<Experiment> {
  const found = await findExperiment(tx, context.workspace, { name: request.experiment });
  if (found?.deletedAt !== undefined) throw esteiraError('EXPERIMENT_DELETED', { name: found.name });
  if (found !== undefined) return found;
  const made = await makeExperiment(deps, tx, context, {
    name: request.experiment,
    project: request.project,
    note: '',
  });
  if (made === undefined) throw esteiraError('EXPERIMENT_EXISTS', { name: request.experiment });
  return made;
}

async function logIn(
  deps: Shared,
  tx: SqlTransaction,
  context: RequestContext,
  runId: string,
  batch: RunBatch,
): Promise<void> {
  const run = await writableRun(tx, context, runId);
  await writeEntries(deps, tx, context, runId, entriesOf(deps, runId, batch));
  await insertRunDatasets(tx, deps.ids, { ...run, workspace: context.workspace }, batch.datasets ?? []);
  await insertRunModels(tx, runId, 'input', batch.modelInputs ?? []);
  await insertRunModels(tx, runId, 'output', batch.modelOutputs ?? []);
  if (batch.inputs !== undefined) {
    await linkAll(
      deps,
      tx,
      context,
      runId,
      'input',
      await insertReferences(tx, runId, 'input', batch.inputs),
    );
  }
  if (batch.outputs !== undefined) {
    await linkAll(
      deps,
      tx,
      context,
      runId,
      'output',
      await insertReferences(tx, runId, 'output', batch.outputs),
    );
  }
}

async function writeEntries(
  deps: Shared,
  tx: SqlTransaction,
  context: RequestContext,
  runId: string,
  batch: EntryBatch,
): Promise<void> {
  const { name, note, parentRunId } = batch;
  const conflict = await insertParams(tx, runId, Object.fromEntries(batch.params));
  if (conflict !== undefined) throw esteiraError('PARAM_CHANGED', { id: runId, ...conflict });
  await setTags(tx, runId, Object.fromEntries(batch.tags));
  await updateRun(tx, context.workspace, runId, { name, note, parentRunId });
  await appendMetricPoints(tx, [{ runId, points: batch.points }], deps.series);
  await deps.texts.changed(tx, [runId]);
  await insertModelMetrics(tx, batch.modelMetrics);
}

function entriesOf(deps: TrackingDeps, runId: string, batch: RunBatch): EntryBatch {
  const { params = {}, tags = {}, metrics = [], name, note, parentRunId } = batch;
  const points = pointsOf(deps, metrics);
  return {
    params: new Map(Object.entries(params).map(([key, value]) => [key, String(value)])),
    tags: new Map(Object.entries(tags)),
    points,
    modelMetrics: metrics.flatMap(({ modelId, datasetName, datasetDigest }, index) => {
      const point = points[index];
      if (modelId === undefined || point === undefined) return [];
      return {
        ...point,
        modelId,
        runId,
        ...(datasetName === undefined ? {} : { datasetName }),
        ...(datasetDigest === undefined ? {} : { datasetDigest }),
      };
    }),
    ...(name === undefined ? {} : { name }),
    ...(note === undefined ? {} : { note }),
    ...(parentRunId === undefined ? {} : { parentRunId }),
  };
}

function pointsOf(
  deps: TrackingDeps,
  metrics: NonNullable<RunBatch['metrics']>,
): readonly Required<MetricPoint>[] {
  const now = deps.clock.now();
  return metrics.map(({ name, value, step = 0, at = now }) => ({ name, value, step, at }));
}

function isEmpty(part: object | string | undefined): boolean {
  return part === undefined || (typeof part === 'object' && Object.keys(part).length === 0);
}

async function linkAll(
  deps: TrackingDeps,
  tx: SqlTransaction,
  context: RequestContext,
  runId: string,
  direction: 'input' | 'output',
  added: readonly RunReference[],
): Promise<void> {
  const run: NodeRef = { kind: 'run', id: runId };
  for (const { reference } of added) {
    const node = lineageNode(reference);
    if (node === undefined) continue;
    const edge =
      direction === 'input'
        ? { from: node, to: run, relation: 'read', fromDigest: reference.digest }
        : { from: run, to: node, relation: 'produced', toDigest: reference.digest };
    try {
      await deps.lineage.link(tx, context, edge);
    } catch (error) {
      // A run that hands on what it was given has it among its outputs without having made it.
      if (direction === 'input' || !(error instanceof EsteiraError) || error.code !== 'LINEAGE_CYCLE')
        throw error;
    }
  }
}

/** The node of a reference; validation runs are evidence about a version, not a step between things. */
function lineageNode(reference: Reference): NodeRef | undefined {
  return reference.type === 'validation-run' ? undefined : { kind: reference.type, id: reference.id };
}

async function changeRunIn(
  deps: Shared,
  tx: SqlTransaction,
  context: RequestContext,
  run: RunHead,
  change: RunChange,
): Promise<void> {
  const status = change.status === run.status ? undefined : change.status;
  const finishes = status !== undefined && isFinished(status);
  const ended = finishes ? deps.clock.now() : null;
  await updateRun(tx, context.workspace, run.id, {
    name: change.name,
    note: change.note,
    parentRunId: change.parentRunId,
    status,
    ...(status === undefined ? {} : { finishedAt: ended }),
    ...(change.finishedAt === undefined ? {} : { finishedAt: change.finishedAt }),
  });
  if (change.deleteTags?.length) await assertRunNotHeld(tx, context, run);
  await deps.texts.changed(tx, [run.id]);
  await deleteTags(tx, run.id, change.deleteTags ?? []);
  if (finishes) await deps.events.emit(tx, context, 'run.finished', { runId: run.id, status });
}
