import { join } from 'node:path';
import type { ConversionReport, ConversionResult, ConversionSource } from '@esteira/contracts';
import type { JobRun, Jobs } from '../../jobs/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Environment } from '../../kernel/environment.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { KeptFile } from '../freeze-files.ts';
import type { Inspections } from '../inspection/inspections.ts';
import { findModelHead } from '../model-store.ts';
import { readKeptFile } from '../read-kept-file.ts';
import type { KeepingDeps } from '../register-kept.ts';
import { findVersionById } from '../version-store.ts';
import { type ConvertedGraph, convertToOnnx } from './convert-to-onnx.ts';

/** Versions of estimators, written as graphs. */
export interface Conversions {
  /**
   * Begins to convert a model in a job, and returns its id. Its result is a `ConversionResult`; nothing is registered of a
   * graph that does not answer as the original does. Throws MODEL_NOT_FOUND, RUN_NOT_FOUND, MODEL_VERSION_NOT_FOUND.
   */
  startConversion(context: RequestContext, request: ConversionRequest): Promise<string>;
}

interface ConversionRequest {
  readonly model: string;
  readonly source: ConversionSource;
  readonly description: string;
}

/** Where the graph is kept before it is registered: a run of its own, so that the version has a source on record. */
interface ConversionRuns {
  startRun(
    context: RequestContext,
    run: { experiment: string; project: string; name: string; tags: Record<string, string> },
  ): Promise<{ readonly id: string }>;
  putArtifact(
    context: RequestContext,
    runId: string,
    path: string,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<unknown>;
  finishRun(context: RequestContext, runId: string, status: 'succeeded'): Promise<void>;
}

/** What conversions need beside what the registry has. */
export interface ConversionPlace {
  readonly jobs: Pick<Jobs, 'register' | 'enqueue'>;
  readonly runs: ConversionRuns;
  /** Environments and the files of models are kept below it. */
  readonly directory: string;
  /** PATH, proxy and index settings of the host. */
  readonly environment: Environment;
  readonly config: { readonly allowUnsandboxedPython: boolean };
}

interface ConversionsDeps extends KeepingDeps, ConversionPlace {
  readonly inspections: Pick<Inspections, 'registerFromRun'>;
}

const jobKind = 'registry.convert';
const folder = 'model';

/** Registers the job: call it before jobs start. */
export function createConversions(deps: ConversionsDeps): Conversions {
  const { sql, jobs } = deps;
  // One at a time: each has a whole model in memory, and two would share the folder of one.
  jobs.register(jobKind, (run) => convert(deps, run), { concurrency: 1 });

  return {
    async startConversion(context, request) {
      const { workspace } = context;
      const { model, source } = request;
      if ((await findModelHead(sql, workspace, model)) === undefined)
        throw esteiraError('MODEL_NOT_FOUND', { name: model });
      await filesOf(deps, workspace, source);
      const payload = { model, source: { ...source }, description: request.description };
      return await sql.transaction((tx) => jobs.enqueue(tx, context, { kind: jobKind, payload }));
    },
  };
}

async function convert(deps: ConversionsDeps, { job, context, signal, progress }: JobRun) {
  const { model, source, description } = job.payload as unknown as ConversionRequest;
  const { workspace } = context;
  const files = await filesOf(deps, workspace, source);
  const python = {
    folders: join(deps.directory, 'conversion', 'models'),
    environments: join(deps.directory, 'conversion', 'environments'),
    host: deps.environment,
    allowUnsandboxed: deps.config.allowUnsandboxedPython,
  };
  const converted = await convertToOnnx({ ...deps, python }, files, { signal, progress });
  const head = await findModelHead(deps.sql, workspace, model);
  if (head === undefined) throw esteiraError('MODEL_NOT_FOUND', { name: model });
  const runId = await keepGraph(deps, context, { model, project: head.project, source, files, converted });
  const version = await deps.inspections.registerFromRun(context, {
    model,
    runId,
    path: folder,
    description: description || describe(source, converted.report),
  });
  await link(deps, context, source, version);
  const { id: modelVersionId, version: number, created } = version;
  const result: ConversionResult = { modelVersionId, version: number, created, report: converted.report };
  return { ...result };
}

/** The files of a source. Throws RUN_NOT_FOUND, MODEL_VERSION_NOT_FOUND. */
async function filesOf(
  deps: ConversionsDeps,
  workspace: string,
  source: ConversionSource,
): Promise<readonly KeptFile[]> {
  if ('modelVersionId' in source) {
    const version = await findVersionById(deps.sql, workspace, source.modelVersionId);
    if (version === undefined)
      throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: source.modelVersionId });
    return version.artifacts;
  }
  if (!(await deps.hasRun(workspace, source.runId)))
    throw esteiraError('RUN_NOT_FOUND', { id: source.runId });
  const path = source.path.replace(/^\/+|\/+$/g, '');
  return await deps.filesBelow(workspace, { kind: 'run', id: source.runId, path });
}

/** The graph with what says how it is called, how it was compared, and the cases that came with the original. */
async function keepGraph(
  { runs, blobs }: ConversionsDeps,
  context: RequestContext,
  kept: {
    readonly model: string;
    readonly project: string;
    readonly source: ConversionSource;
    readonly files: readonly KeptFile[];
    readonly converted: ConvertedGraph;
  },
): Promise<string> {
  const { model, project, source, converted } = kept;
  const run = await runs.startRun(context, {
    experiment: `${model} conversions`,
    project,
    name: `convert ${nameOf(source)}`,
    tags: { 'esteira.converted_from': nameOf(source) },
  });
  const put = (path: string, bytes: Uint8Array) =>
    runs.putArtifact(context, run.id, `${folder}/${path}`, once(bytes));
  await put('model.onnx', converted.graph);
  await put('signature.json', Buffer.from(JSON.stringify(converted.signature)));
  await put('conversion.json', Buffer.from(JSON.stringify(converted.report)));
  const cases = kept.files.find(({ path }) => path === 'cases.json');
  if (cases !== undefined) await put('cases.json', await readKeptFile(blobs, cases));
  await runs.finishRun(context, run.id, 'succeeded');
  return run.id;
}

async function link(
  { sql, lineage }: ConversionsDeps,
  context: RequestContext,
  source: ConversionSource,
  version: { readonly id: string; readonly digest: string | null },
): Promise<void> {
  const from =
    'modelVersionId' in source
      ? { kind: 'model-version' as const, id: source.modelVersionId }
      : { kind: 'run' as const, id: source.runId };
  const to = { kind: 'model-version' as const, id: version.id };
  const digest = version.digest === null ? {} : { toDigest: version.digest };
  await sql.transaction((tx) =>
    lineage.link(tx, context, { from, to, relation: 'converted-from', ...digest }),
  );
}

function describe(source: ConversionSource, { packages, outputs }: ConversionReport): string {
  const worst = Math.max(0, ...outputs.map((output) => output.worst));
  const by = packages.skl2onnx === undefined ? '' : ` by skl2onnx ${packages.skl2onnx}`;
  return `Converted from ${nameOf(source)}${by}; answers differ by at most ${worst.toPrecision(2)}.`;
}

function nameOf(source: ConversionSource): string {
  if ('modelVersionId' in source) return `version ${source.modelVersionId}`;
  return ['runs:', source.runId, source.path].filter((part) => part !== '').join('/');
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
