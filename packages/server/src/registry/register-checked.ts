import { createHash } from 'node:crypto';
import type { Evaluation, ModelVersion } from '@esteira/contracts';
import type { AuditLog, Lineage } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import { type CheckDeps, checkTrainedModel } from './check-trained-model.ts';
import { findModelHead, type ModelHead, nextVersionNumber } from './model-store.ts';
import { findCheckedVersionOf, insertCheckedVersion } from './version-store.ts';

export interface CheckedDeps extends CheckDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly audit: AuditLog;
  readonly events: EventBus;
  readonly lineage: Pick<Lineage, 'link'>;
  readonly projects: {
    reach(
      tx: SqlTransaction,
      context: RequestContext,
      project: string,
      stage: 'registry',
      node: { kind: 'model-version'; id: string },
    ): Promise<void>;
  };
  /** What a training run was made with: digest of its environment, and the commit of the code. */
  readonly runSource: (
    workspace: string,
    runId: string,
  ) => Promise<{ environmentDigest?: string | undefined; codeCommit?: string | undefined } | undefined>;
}

/** Asks for a version of a model that was trained and evaluated here. */
export interface RegisterRequest {
  readonly model: string;
  readonly trainedModelId: string;
  readonly evaluationId: string;
  readonly description: string;
}

/**
 * Checks a trained model, freezes its bundle and makes it the next version; a second call with the same trained model and
 * evaluation returns the first version. Throws MODEL_NOT_FOUND, MODEL_NOT_REGISTRABLE, TRAINED_MODEL_NOT_FOUND.
 */
export async function registerChecked(
  deps: CheckedDeps,
  context: RequestContext,
  request: RegisterRequest,
): Promise<ModelVersion> {
  const { workspace } = context;
  const { model: name } = request;
  if ((await findModelHead(deps.sql, workspace, name)) === undefined)
    throw esteiraError('MODEL_NOT_FOUND', { name });
  const known = await findCheckedVersionOf(deps.sql, workspace, name, request);
  if (known !== undefined) return known;
  const frozen = await checkTrainedModel(deps, context, request);
  const { trained, meta, evaluation } = frozen;
  const source = await deps.runSource(workspace, trained.runId);
  return await deps.sql.transaction(async (tx) => {
    const model = await findModelHead(tx, workspace, name);
    if (model === undefined) throw esteiraError('MODEL_NOT_FOUND', { name });
    const raced = await findCheckedVersionOf(tx, workspace, name, request);
    if (raced !== undefined) return raced;
    const at = deps.clock.now();
    const version: ModelVersion = {
      id: deps.ids.next('mv'),
      model: name,
      version: await nextVersionNumber(tx, workspace, name, at),
      project: model.project,
      status: 'ready',
      digest: frozen.digest,
      bytes: frozen.files.reduce((size, file) => size + file.size, 0),
      artifacts: frozen.files.map(({ name: path, digest, size }) => ({ path, digest, size })),
      signature: frozen.signature,
      trainedModelId: trained.id,
      evaluationId: evaluation.id,
      runId: trained.runId,
      splitId: meta.splitId,
      datasetVersions: [{ id: meta.datasetVersionId, digest: meta.datasetVersionDigest }],
      metrics: numbersOf(evaluation.metrics),
      environment: {
        digest: source?.environmentDigest ?? runtimeDigest(),
        codeCommit: source?.codeCommit ?? null,
      },
      examplesFrom: evaluation.part === 'test' ? 'test-split' : 'author',
      description: request.description,
      createdBy: context.actor.id,
      createdAt: at,
    };
    await insertCheckedVersion(tx, workspace, version);
    await record(deps, tx, context, version, model.kind);
    return version;
  });
}

/** Links the version to what it was made of, and tells of it. */
async function record(
  deps: CheckedDeps,
  tx: SqlTransaction,
  context: RequestContext,
  version: ModelVersion,
  kind: ModelHead['kind'],
): Promise<void> {
  const { id: modelVersionId, model, version: number, digest, runId, trainedModelId, evaluationId } = version;
  const node = { kind: 'model-version' as const, id: modelVersionId };
  for (const [from, id, relation] of [
    ['run', runId, 'registered-from'],
    ['trained-model', trainedModelId, 'registered-from'],
    ['evaluation', evaluationId, 'judged-by'],
  ] as const) {
    await deps.lineage.link(tx, context, { from: { kind: from, id }, to: node, relation, toDigest: digest });
  }
  await deps.audit.record(tx, context, {
    action: 'registry.version.registered',
    subject: node,
    details: { model, version: number, digest, trainedModelId, evaluationId },
  });
  await deps.events.emit(tx, context, 'model-version.created', {
    modelVersionId,
    model,
    version: number,
    digest,
  });
  await deps.events.emit(tx, context, 'registry.version.created', {
    modelVersionId,
    model,
    kind,
    version: number,
    source: `esteira:/trained-models/${trainedModelId}`,
    runId,
    tags: {},
    description: version.description,
  });
  await deps.projects.reach(tx, context, version.project, 'registry', node);
}

function numbersOf(metrics: Evaluation['metrics']): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === 'number' && Number.isFinite(value)) numbers[name] = value;
  }
  return numbers;
}

/** Where a run did not record its environment: the runtime that registered it. */
function runtimeDigest(): string {
  const runtime = JSON.stringify([process.version, process.platform, process.arch]);
  return `sha256:${createHash('sha256').update(runtime).digest('hex')}`;
}
