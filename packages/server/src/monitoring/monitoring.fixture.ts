import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Evaluation,
  type JsonValue,
  type ModelVersion,
  type NewMonitor,
  permissions,
  type Reference,
  type RouteDefinition,
} from '@esteira/contracts';
import { createRandom, exportOnnx, trainGradientBoosting } from '@esteira/ml';
import { z } from 'zod';
import { createDatasets } from '../datasets/index.ts';
import { createAuditLog, createGovernance, loadDefaultPack, systemActor } from '../governance/index.ts';
import { createJobQueue } from '../jobs/index.ts';
import type { Actor, RequestContext } from '../kernel/actor.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import type { StepKind } from '../kernel/step-kind.ts';
import { createPipelines } from '../pipelines/index.ts';
import { createProjects } from '../projects/index.ts';
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts';
import { createEventBus } from '../storage/events/event-bus.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { openDuckdbTableEngine } from '../storage/tables/duckdb/duckdb-table-engine.ts';
import { quoteLiteral } from '../storage/tables/table-engine.ts';
import { createTracking } from '../tracking/index.ts';
import { createMonitoring } from './index.ts';
import { scoreReference } from './reference/score-reference.ts';

export const day = 86_400_000;
export const hour = day / 24;
/** The windows of the tests begin here; the reference covers the 20 days before. */
export const firstDay = Date.UTC(2001, 5, 1);

export const ana: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: ['owner'], permissions: new Set(permissions) },
  requestId: 'req_1',
};

interface LoggedRow {
  readonly prediction_id: string;
  readonly request_id: string;
  readonly row_index: number;
  readonly at: number;
  readonly event_time: number;
  readonly time: number;
  readonly endpoint: string;
  readonly revision: number;
  readonly arm: string;
  readonly model_version_id: string;
  readonly latency_ms: number;
  readonly status: string;
  readonly label_pred: number | null;
  readonly score: number | null;
  readonly f_x: number | null;
  readonly f_constant: number;
  readonly f_kind: string;
}

const columnTypes =
  '[{"prediction_id":"VARCHAR","request_id":"VARCHAR","row_index":"INTEGER","at":"BIGINT","event_time":"BIGINT","time":"BIGINT",' +
  '"endpoint":"VARCHAR","revision":"INTEGER","arm":"VARCHAR","model_version_id":"VARCHAR","latency_ms":"DOUBLE","status":"VARCHAR",' +
  '"label_pred":"DOUBLE","score":"DOUBLE","f_x":"DOUBLE","f_constant":"DOUBLE","f_kind":"VARCHAR"}]';

const digest = (text: string): string => `sha256:${text.padEnd(64, '0')}`;

/**
 * The room with its neighbours on real engines: a database in memory, blobs in a temporary folder, jobs and pipelines that
 * run, a split of a dataset as reference, a trained model behind an endpoint, and a prediction log that tests write.
 */
export async function openMonitoring() {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'monitoring-')));
  const blobDirectory = join(directory, 'blobs');
  const sql = await openTestDatabase();
  const blobs = await openFilesystemBlobStore({ directory: blobDirectory, random: systemRandom });
  const tables = await openDuckdbTableEngine({
    directories: [blobDirectory],
    temporaryDirectory: join(directory, 'spill'),
    memoryLimit: '1GB',
    threads: 1,
  });
  // It goes on by itself, because the queue waits for times to come; tests move it ahead.
  const started = Date.now();
  const time = { ahead: 0 };
  const clock = { now: () => Date.UTC(2026, 0, 10) + (Date.now() - started) + time.ahead };
  const ids = createIdGenerator({ clock, random: systemRandom });
  const shared = {
    sql,
    database: sql,
    blobs,
    tables,
    clock,
    ids,
    logger: silentLogger,
    random: systemRandom,
  };
  const actors = new Map<string, Actor>([
    [ana.actor.id, ana.actor],
    [systemActor.id, systemActor],
  ]);
  const resolveActor = async (_workspace: string, id: string) => actors.get(id);
  const events = createEventBus({ ...shared, retryDelay: () => 10 });
  const audit = createAuditLog({ ...shared, signingKey: generateKeyPairSync('ed25519').privateKey });
  const jobs = createJobQueue({
    ...shared,
    events,
    resolveActor,
    installationId: 'inst_1',
    timing: { retryDelay: () => 0, poll: 20 },
  });
  const governance = createGovernance({
    ...shared,
    audit,
    events,
    jobs,
    pack: await loadDefaultPack(),
    rates: { currency: 'USD', pricePerCpuHour: 0.04, pricePerGigabyteMonth: 0.02 },
  });
  const { lineage, costs } = governance;
  const base = { ...shared, events, audit, jobs, lineage, costs };
  const projects = createProjects(base);
  const datasets = createDatasets({ ...base, projects });
  const tracking = createTracking(base);

  /** What the pipeline's only step gives; tests set it. */
  const outputs: { current: Record<string, Reference | JsonValue> } = { current: {} };
  const retrain: StepKind = {
    kind: 'test.retrain',
    version: '1',
    summary: 'Gives what the test wants.',
    with: z.object({ until: z.string(), current: z.json().optional() }),
    cacheable: false,
    run: async () => {
      if (outputs.current.fail) throw new Error('out of memory');
      return outputs.current;
    },
  };
  const pipelines = createPipelines({
    ...base,
    tracking,
    source: { environmentDigest: digest('e') },
    stepKinds: [retrain],
    cpuSeconds: () => 0,
  });

  const { version, onnx } = await makeVersion(blobs);
  const versions = new Map<string, ModelVersion>([[version.id, version]]);
  const evaluations = new Map<string, Evaluation>();
  const live: { versionId: string | null } = { versionId: version.id };
  const requestedChanges: { kind: string; subject: JsonValue; actor: Actor }[] = [];
  const files: string[] = [];

  const monitoring = createMonitoring({
    ...base,
    projects,
    datasets,
    pipelines,
    serving: {
      endpoint: async (_workspace, name) =>
        name === 'delays'
          ? {
              name,
              project: 'flights',
              stage: 'development',
              desired: {
                arms: [
                  {
                    role: 'primary',
                    weight: 1,
                    predictor:
                      live.versionId === null
                        ? { kind: 'rule', rule: { kind: 'constant', score: 0.5 } }
                        : { kind: 'version', modelVersionId: live.versionId },
                  },
                ],
              },
            }
          : undefined,
      predictions: {
        open: async (_workspace, _endpoint, { from, to }) => ({
          from:
            files.length === 0
              ? emptyLog
              : `(select * from read_parquet([${files.map(quoteLiteral).join(', ')}], union_by_name = true) where "time" >= ${from} and "time" < ${to})`,
          files,
        }),
      },
    },
    registry: { findVersion: async (_workspace, id) => versions.get(id) },
    evaluation: { find: async (_workspace, id) => evaluations.get(id) },
    training: { open: async (_workspace, id) => ({ model: { id, digest: digest('7') } }) },
    changes: {
      request: async (context, { kind, subject }) => {
        requestedChanges.push({ kind, subject, actor: context.actor });
        return { id: 'chg_1', state: 'awaiting-approval' };
      },
    },
    resolveActor,
    // Evaluations come when a test asks, or moves the clock.
    debounceMs: hour,
  });

  await projects.create(ana, {
    name: 'flights',
    title: 'Delays',
    problem: 'Which flights are late?',
    successMetric: { name: 'pr_auc', direction: 'maximize', margin: 0, baseline: 'rule' },
    sla: { p95Ms: 20 },
    riskClass: 'minimal',
    sensitiveAttributes: [],
    sensitiveStatement: 'A flight is no person.',
  });
  const splitId = await makeReference();
  await events.start();
  await jobs.start();
  await call('putAlertRoute', { params: { name: 'team' }, body: { kind: 'inbox' } });

  async function makeReference(): Promise<string> {
    const temporary = await blobs.temporaryDirectory();
    const path = join(temporary, 'reference.parquet');
    const random = createRandom(17);
    const rows = Array.from({ length: 4000 }, (_, row) => ({
      event_time: firstDay - 20 * day + Math.floor((row / 4000) * 20 * day),
      x: random.normal(),
      constant: 3,
      kind: row % 3 === 0 ? 'long' : 'short',
      label: random.next() < 0.3 ? 1 : 0,
    }));
    await tables.writeParquet(
      `select make_timestamp(u.event_time * 1000) as event_time, u.x, u.constant, u.kind, u.label from
       (select unnest(from_json($1, '[{"event_time":"BIGINT","x":"DOUBLE","constant":"DOUBLE","kind":"VARCHAR","label":"INTEGER"}]')) as u) order by 1`,
      path,
      [JSON.stringify(rows)],
    );
    const made = await datasets.registerDerived(ana, {
      dataset: 'training',
      parquetPath: path,
      parents: [],
      description: 'reference of the tests',
      attributes: { features: ['x', 'constant', 'kind'], label: 'label', eventTime: 'event_time' },
    });
    const split = await datasets.split(ana, made.id, {
      method: 'time',
      timeColumn: 'event_time',
      trainUntil: firstDay - 12 * day,
      seed: 1,
    });
    return split.id;
  }

  /** Calls a route as people do: parsed by its schemas. */
  async function call(
    name: string,
    request: { params?: unknown; query?: unknown; body?: unknown } = {},
    context: RequestContext = ana,
  ): Promise<unknown> {
    const binding = monitoring.routes.find(({ route }) => route.id === `monitoring.${name}`);
    if (!binding) throw new Error(`no route ${name}`);
    const route: RouteDefinition = binding.route;
    const parse = (schema: unknown, value: unknown) =>
      schema instanceof z.ZodType ? schema.parse(value ?? {}) : undefined;
    const parsed = {
      params: parse(route.params, request.params),
      query: parse(route.query, request.query),
      body: parse(route.body, request.body),
    };
    const answer = await binding.handle(parsed, context, new AbortController().signal);
    return route.response instanceof z.ZodType ? route.response.parse(answer) : answer;
  }

  return {
    ...shared,
    directory,
    time,
    events,
    jobs,
    audit,
    lineage,
    costs,
    governance,
    projects,
    pipelines,
    monitoring,
    versions,
    evaluations,
    live,
    outputs,
    actors,
    requestedChanges,
    splitId,
    version,
    call,

    /** Answers of one day, `shift` away from the reference; the prediction ids are `<day>-<row>`. */
    async logDay(
      number: number,
      rows: number,
      changed: (row: number) => Partial<LoggedRow> & { readonly shift?: number } = () => ({}),
    ): Promise<readonly string[]> {
      const random = createRandom(1000 + number);
      const values = Float64Array.from(
        { length: rows },
        (_, row) => random.normal() + (changed(row).shift ?? 0),
      );
      const numeric = new Map([['x', values]]);
      const scores = scoreReference({ onnx, signature: version.signature, rows, numeric, text: new Map() });
      const logged = Array.from({ length: rows }, (_, row): LoggedRow => {
        const { shift: _shift, ...rest } = changed(row);
        const at = clock.now() - 10 * 60_000;
        const eventTime = firstDay + number * day + Math.floor((row / rows) * day);
        const x = values[row] ?? 0;
        const score = scores[row] ?? 0;
        return {
          prediction_id: `${number}-${row}`,
          request_id: `${number}-${row}`,
          row_index: 0,
          at,
          event_time: eventTime,
          time: eventTime,
          endpoint: 'delays',
          revision: 1,
          arm: 'primary',
          model_version_id: live.versionId ?? 'rule',
          latency_ms: 5,
          status: 'ok',
          label_pred: score >= 0.5 ? 1 : 0,
          score,
          f_x: x,
          f_constant: 3,
          f_kind: random.next() < 1 / 3 ? 'long' : 'short',
          ...rest,
        };
      });
      const path = join(await blobs.temporaryDirectory(), 'part.parquet');
      await tables.writeParquet(
        `select u.* from (select unnest(from_json($1, '${columnTypes}')) as u)`,
        path,
        [JSON.stringify(logged)],
      );
      const blob = await blobs.adopt(path);
      files.push(await blobs.localFile(blob.digest));
      return logged.map(({ prediction_id }) => prediction_id);
    },

    putMonitor(changed: Partial<z.input<typeof NewMonitor>> = {}, name = 'delays-daily') {
      return call('putMonitor', {
        params: { name },
        body: { endpoint: 'delays', reference: { splitId }, route: 'team', ...changed },
      });
    },

    /** Evaluates now and waits for the end. */
    async evaluate(body: { from?: number; to?: number } = {}, name = 'delays-daily'): Promise<JsonValue> {
      const { jobId } = (await call('evaluate', { params: { name }, body })) as { jobId: string };
      const job = await jobs.wait('ws_1', jobId);
      if (job.state !== 'succeeded') throw new Error(JSON.stringify(job.error));
      await events.idle();
      return job.result;
    },

    async readJson(blobDigest: string): Promise<unknown> {
      return JSON.parse(await readFile(await blobs.localFile(blobDigest), 'utf8'));
    },

    async close(): Promise<void> {
      await jobs.stop();
      await events.stop();
      await tables.close();
      await sql.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const emptyLog = `(select u.* from (select unnest(from_json('[]', '${columnTypes}')) as u) where false)`;

/** A model of `x` alone, in a bundle as the registry freezes it. */
async function makeVersion(
  blobs: Awaited<ReturnType<typeof openFilesystemBlobStore>>,
): Promise<{ version: ModelVersion; onnx: Uint8Array }> {
  const random = createRandom(5);
  const x = Float32Array.from({ length: 500 }, () => random.normal());
  const labels = Float64Array.from(x, (value) =>
    random.next() < 1 / (1 + Math.exp(-2 * (value - 0.5))) ? 1 : 0,
  );
  const { model } = trainGradientBoosting(
    { features: { rows: 500, columns: [x], names: ['x'] }, labels },
    { objective: 'binary', seed: 1, iterations: 10, maxLeaves: 4 },
  );
  const onnx = exportOnnx({ preprocessing: null, model });
  const blob = await blobs.put(
    (async function* () {
      yield onnx;
    })(),
  );
  const version: ModelVersion = {
    id: 'mv_1',
    model: 'delays',
    version: 1,
    project: 'flights',
    status: 'ready',
    digest: digest('1'),
    bytes: blob.size,
    artifacts: [{ path: 'model.onnx', digest: blob.digest, size: blob.size }],
    signature: {
      task: 'classification',
      inputs: [{ name: 'X', datatype: 'FP32', shape: [-1, 1] }],
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
      ],
      features: [{ name: 'x', type: 'number', input: 'X', index: 0, missing: true }],
      label: 'label',
      score: { output: 'probabilities', column: 1 },
      classes: [0, 1],
      operators: [],
    },
    trainedModelId: 'tm_live',
    evaluationId: 'eval_live',
    runId: 'run_1',
    splitId: 'split_1',
    datasetVersions: [],
    metrics: { pr_auc: 0.6 },
    environment: { digest: digest('e'), codeCommit: null },
    examplesFrom: 'test-split',
    description: '',
    createdBy: 'usr_ana',
    createdAt: 0,
  };
  return { version, onnx };
}
