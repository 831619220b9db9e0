import { createHash } from 'node:crypto';
import {
  type Evaluation,
  type ModelExamples,
  type ModelVersion,
  type RegisteredModel,
  type TrainedModel,
  TrainedModelMeta,
} from '@esteira/contracts';
import type { AuditLog, Lineage } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { EsteiraError, esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { BlobStore, DirectoryEntry } from '../storage/blobs/blob-store.ts';
import { encodeDirectory } from '../storage/blobs/directory-listing.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import { checkGraph } from './check-graph.ts';
import { findModel, insertModel, listModels, setAlias } from './model-store.ts';
import { findVersion, findVersionById, findVersionOf, insertVersion, listVersions } from './version-store.ts';

export interface RegistryDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
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
  readonly training: {
    /** Throws TRAINED_MODEL_NOT_FOUND. */
    open(workspace: string, id: string): Promise<{ model: TrainedModel; entries: readonly DirectoryEntry[] }>;
  };
  readonly evaluation: { find(workspace: string, id: string): Promise<Evaluation | undefined> };
  /** What a training run was made with: digest of its environment, and the commit of the code. */
  readonly runSource: (
    workspace: string,
    runId: string,
  ) => Promise<{ environmentDigest?: string | undefined; codeCommit?: string | undefined } | undefined>;
}

export interface RegistryService {
  createModel(
    context: RequestContext,
    model: { name: string; project: string; description: string },
  ): Promise<RegisteredModel>;
  findModel(workspace: string, name: string): Promise<RegisteredModel | undefined>;
  listModels(
    workspace: string,
    filter: Parameters<typeof listModels>[2],
  ): Promise<readonly RegisteredModel[]>;
  /**
   * Checks a trained model, freezes its bundle and makes it the next version; a second call with the same trained model and
   * evaluation returns the first version. Throws MODEL_NOT_FOUND, MODEL_NOT_REGISTRABLE, TRAINED_MODEL_NOT_FOUND.
   */
  register(context: RequestContext, request: RegisterRequest): Promise<ModelVersion>;
  findVersion(workspace: string, id: string): Promise<ModelVersion | undefined>;
  /** By number or alias. */
  resolveVersion(workspace: string, model: string, version: string): Promise<ModelVersion | undefined>;
  listVersions(
    workspace: string,
    filter: Parameters<typeof listVersions>[2],
  ): Promise<readonly ModelVersion[]>;
  /** Throws MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND. */
  setAlias(
    context: RequestContext,
    alias: { model: string; alias: string; version: number },
  ): Promise<RegisteredModel>;
  /** The stored examples of a version, from its frozen bundle. */
  examples(version: ModelVersion): Promise<ModelExamples>;
  /** Merkle digest of what is stored now, every byte read anew. Throws BLOB_NOT_FOUND. */
  digestOfBytes(version: ModelVersion): Promise<string>;
}

interface RegisterRequest {
  readonly model: string;
  readonly trainedModelId: string;
  readonly evaluationId: string;
  readonly description: string;
}

export function createRegistryService(deps: RegistryDeps): RegistryService {
  const { sql, blobs, clock, ids } = deps;

  async function requireModel(workspace: string, name: string): Promise<RegisteredModel> {
    const model = await findModel(sql, workspace, name);
    if (model === undefined) throw esteiraError('MODEL_NOT_FOUND', { name });
    return model;
  }

  /** Checks and freezes; everything that takes time, outside of any transaction. */
  async function freeze(context: RequestContext, request: RegisterRequest) {
    const { model: trained, entries } = await deps.training.open(context.workspace, request.trainedModelId);
    const evaluation = await deps.evaluation.find(context.workspace, request.evaluationId);
    if (evaluation === undefined || evaluation.trainedModelId !== trained.id) {
      throw esteiraError('MODEL_NOT_REGISTRABLE', {
        problem: 'the evaluation is not one of this trained model',
      });
    }
    const onnx = await readEntry(blobs, entries, 'model.onnx');
    const meta = TrainedModelMeta.parse(
      JSON.parse((await readEntry(blobs, entries, 'meta.json')).toString('utf8')),
    );
    const checked = await checkGraph(onnx, meta, evaluation.examples);
    if ('problem' in checked) throw esteiraError('MODEL_NOT_REGISTRABLE', { problem: checked.problem });
    const files: DirectoryEntry[] = entries.filter(
      (entry) => entry.name === 'model.onnx' || entry.name === 'meta.json',
    );
    files.push(await storeJson(blobs, 'signature.json', checked.signature));
    files.push(await storeJson(blobs, 'examples.json', evaluation.examples));
    const bundle = await blobs.putDirectory(files);
    return { trained, meta, evaluation, files, digest: bundle.digest, signature: checked.signature };
  }

  return {
    async createModel(context, { name, project, description }) {
      const { workspace } = context;
      await sql.transaction(async (tx) => {
        if ((await findModel(tx, workspace, name)) !== undefined)
          throw esteiraError('MODEL_NAME_TAKEN', { name });
        const head = { name, project, description, createdBy: context.actor.id, createdAt: clock.now() };
        await insertModel(tx, workspace, head);
        await deps.audit.record(tx, context, {
          action: 'registry.model.created',
          subject: { kind: 'registered-model', id: name },
          details: { project },
        });
      });
      return await requireModel(workspace, name);
    },

    findModel: (workspace, name) => findModel(sql, workspace, name),
    listModels: (workspace, filter) => listModels(sql, workspace, filter),

    async register(context, request) {
      const { workspace } = context;
      const { project } = await requireModel(workspace, request.model);
      const known = await findVersionOf(sql, workspace, request.model, request);
      if (known !== undefined) return known;
      const frozen = await freeze(context, request);
      const { trained, meta } = frozen;
      const source = await deps.runSource(workspace, trained.runId);
      return await sql.transaction(async (tx) => {
        const raced = await findVersionOf(tx, workspace, request.model, request);
        if (raced !== undefined) return raced;
        const newest = (await listVersions(tx, workspace, { model: request.model, limit: 1 }))[0];
        const version: ModelVersion = {
          id: ids.next('mv'),
          model: request.model,
          version: (newest?.version ?? 0) + 1,
          project,
          status: 'ready',
          digest: frozen.digest,
          bytes: frozen.files.reduce((size, file) => size + file.size, 0),
          artifacts: frozen.files.map(({ name, digest, size }) => ({ path: name, digest, size })),
          signature: frozen.signature,
          trainedModelId: trained.id,
          evaluationId: frozen.evaluation.id,
          runId: trained.runId,
          splitId: meta.splitId,
          datasetVersions: [{ id: meta.datasetVersionId, digest: meta.datasetVersionDigest }],
          metrics: numbersOf(frozen.evaluation.metrics),
          environment: {
            digest: source?.environmentDigest ?? runtimeDigest(),
            codeCommit: source?.codeCommit ?? null,
          },
          examplesFrom: frozen.evaluation.part === 'test' ? 'test-split' : 'author',
          description: request.description,
          createdBy: context.actor.id,
          createdAt: clock.now(),
        };
        await insertVersion(tx, workspace, version);
        await record(tx, context, version);
        return version;
      });
    },

    findVersion: (workspace, id) => findVersionById(sql, workspace, id),

    async resolveVersion(workspace, model, version) {
      if (/^[0-9]{1,9}$/.test(version)) return await findVersion(sql, workspace, model, Number(version));
      const number = (await findModel(sql, workspace, model))?.aliases[version];
      return number === undefined ? undefined : await findVersion(sql, workspace, model, number);
    },

    listVersions: (workspace, filter) => listVersions(sql, workspace, filter),

    async setAlias(context, { model, alias, version }) {
      const { workspace } = context;
      await requireModel(workspace, model);
      await sql.transaction(async (tx) => {
        const found = await findVersion(tx, workspace, model, version);
        if (found === undefined)
          throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: `${model} version ${version}` });
        await setAlias(tx, workspace, { model, alias, version, updatedAt: clock.now() });
        await deps.audit.record(tx, context, {
          action: 'registry.alias.set',
          subject: { kind: 'model-version', id: found.id },
          details: { model, alias, version },
        });
      });
      return await requireModel(workspace, model);
    },

    async examples(version) {
      const bytes = await readEntry(blobs, await blobs.getDirectory(version.digest), 'examples.json');
      return JSON.parse(bytes.toString('utf8')) as ModelExamples;
    },

    async digestOfBytes(version) {
      const entries: DirectoryEntry[] = [];
      for (const entry of await blobs.getDirectory(version.digest)) {
        entries.push({ ...entry, ...(await identityOfBytes(blobs, entry.digest)) });
      }
      return `sha256:${createHash('sha256').update(encodeDirectory(entries)).digest('hex')}`;
    },
  };

  async function record(tx: SqlTransaction, context: RequestContext, version: ModelVersion): Promise<void> {
    const node = { kind: 'model-version' as const, id: version.id };
    for (const [kind, id, relation] of [
      ['run', version.runId, 'registered-from'],
      ['trained-model', version.trainedModelId, 'registered-from'],
      ['evaluation', version.evaluationId, 'judged-by'],
    ] as const) {
      await deps.lineage.link(tx, context, {
        from: { kind, id },
        to: node,
        relation,
        toDigest: version.digest,
      });
    }
    await deps.audit.record(tx, context, {
      action: 'registry.version.registered',
      subject: node,
      details: {
        model: version.model,
        version: version.version,
        digest: version.digest,
        trainedModelId: version.trainedModelId,
        evaluationId: version.evaluationId,
      },
    });
    await deps.events.emit(tx, context, 'model-version.created', {
      modelVersionId: version.id,
      model: version.model,
      version: version.version,
      digest: version.digest,
    });
    await deps.projects.reach(tx, context, version.project, 'registry', node);
  }
}

/** What the stored bytes are, as far as the store gives them out: of damaged content it keeps the end back. */
async function identityOfBytes(blobs: BlobStore, digest: string): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of blobs.get(digest)) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch (error) {
    if (!(error instanceof EsteiraError && error.code === 'BLOB_DAMAGED')) throw error;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

/** Reads one file of a bundle. */
async function readEntry(
  blobs: BlobStore,
  entries: readonly DirectoryEntry[],
  name: string,
): Promise<Buffer> {
  const entry = entries.find((candidate) => candidate.name === name && candidate.kind === 'file');
  if (entry === undefined)
    throw esteiraError('MODEL_NOT_REGISTRABLE', { problem: `its bundle has no ${name}` });
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.get(entry.digest)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function storeJson(blobs: BlobStore, name: string, value: unknown): Promise<DirectoryEntry> {
  const blob = await blobs.put(once(Buffer.from(JSON.stringify(value))));
  return { name, kind: 'file', ...blob };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
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
