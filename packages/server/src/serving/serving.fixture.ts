import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Evaluation,
  permissions,
  type RouteDefinition,
  type TrainedModel,
  type TrainedModelMeta,
} from '@esteira/contracts';
import { exportOnnx, predictPipeline, trainGradientBoosting } from '@esteira/ml';
import {
  createAuditLog,
  createGovernance,
  createSealedSecrets,
  loadDefaultPack,
} from '../governance/index.ts';
import { createJobQueue } from '../jobs/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { systemClock } from '../kernel/clock.ts';
import { EsteiraError } from '../kernel/errors.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import { createRegistry } from '../registry/index.ts';
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts';
import { createEventBus } from '../storage/events/event-bus.ts';
import { createMemoryLimitStore } from '../storage/limits/memory/memory-limit-store.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { openDuckdbTableEngine } from '../storage/tables/duckdb/duckdb-table-engine.ts';
import { endpointUses } from './endpoints/endpoint-uses.ts';
import { createServing } from './index.ts';

export const ana: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: ['owner'], permissions: new Set(permissions) },
  requestId: 'req_1',
};

const featureNames = ['distance', 'hour', 'wind'];

/** A model with three features, trained on rows that `slope` decides: late when slope × distance + hour > bound × (slope + 1). */
function trainModel(slope: number, bound: number) {
  const rows = 400;
  const columns = featureNames.map((_, feature) =>
    Float32Array.from({ length: rows }, (_value, row) => ((row * (7 + 4 * feature)) % 101) / 10),
  );
  const labels = Float64Array.from({ length: rows }, (_, row) =>
    Number((columns[0]?.[row] ?? 0) * slope + (columns[1]?.[row] ?? 0) > bound * (slope + 1)),
  );
  const features = { rows, columns, names: featureNames };
  const { model } = trainGradientBoosting(
    { features, labels },
    { objective: 'binary', seed: 1, iterations: 10, maxLeaves: 8, minSamplesLeaf: 5 },
  );
  const table = {
    rows,
    columns: columns.map((values, index) => ({
      name: featureNames[index] ?? '',
      type: 'number' as const,
      values,
    })),
  };
  const predictions = predictPipeline({ preprocessing: null, model }, table);
  if (predictions.kind !== 'classification') throw new Error('The fixture trains a classifier.');
  const examples = Array.from({ length: 20 }, (_, index) => index * 17);
  return {
    onnx: exportOnnx({ preprocessing: null, model }),
    rows: examples.map((row) => columns.map((values) => values[row] ?? 0)),
    expected: examples.map((row) => predictions.probabilities[row * 2 + 1] ?? 0),
  };
}

/**
 * The room with its neighbours on a database in memory, blobs in a temporary folder, real model server processes, and an HTTP
 * server that knows the room's routes and one token. For tests.
 */
export async function openServingFixture() {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'serving-')));
  const sql = await openTestDatabase();
  const clock = systemClock;
  const random = systemRandom;
  const ids = createIdGenerator({ clock, random });
  const logger = silentLogger;
  const blobs = await openFilesystemBlobStore({ directory: join(directory, 'blobs'), random });
  const tables = await openDuckdbTableEngine({
    directories: [join(directory, 'blobs')],
    temporaryDirectory: join(directory, 'spill'),
  });
  const audit = createAuditLog({
    sql,
    clock,
    ids,
    logger,
    signingKey: generateKeyPairSync('ed25519').privateKey,
  });
  const events = createEventBus({ database: sql, clock, ids, logger });
  const limits = createMemoryLimitStore({ clock });
  const jobs = createJobQueue({
    database: sql,
    clock,
    ids,
    random,
    events,
    logger,
    installationId: 'inst_1',
    resolveActor: async () => ana.actor,
    timing: { retryDelay: () => 0, poll: 20 },
  });
  const rates = { currency: 'USD', pricePerCpuHour: 0.04, pricePerGigabyteMonth: 0.02 };
  const governance = createGovernance({
    sql,
    clock,
    ids,
    logger,
    audit,
    events,
    jobs,
    pack: await loadDefaultPack(),
    rates,
  });
  const projects = {
    async reach() {},
    find: async () => ({ sla: { p95Ms: 5_000 } }),
  };
  /** Online features by flight. */
  const flights = new Map<string, readonly number[]>();
  const trained = new Map<
    string,
    { model: TrainedModel; entries: Awaited<ReturnType<typeof blobs.getDirectory>> }
  >();
  const evaluations = new Map<string, Evaluation>();
  const registry = createRegistry({
    sql,
    blobs,
    clock,
    ids,
    audit,
    events,
    projects,
    lineage: governance.lineage,
    training: {
      async open(_workspace, id) {
        const found = trained.get(id);
        if (found === undefined) throw new Error(`No trained model ${id}.`);
        return found;
      },
    },
    evaluation: { find: async (_workspace, id) => evaluations.get(id) },
    runSource: async () => ({ environmentDigest: 'sha256:env', codeCommit: 'c0ffee' }),
    hasRun: async () => false,
    filesBelow: async () => [],
    served: endpointUses,
    changes: governance.changes,
    currency: rates.currency,
  });

  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const controlPlaneUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const token = 'token-of-the-data-plane';

  function openServing() {
    const serving = createServing({
      sql,
      blobs,
      tables,
      clock,
      ids,
      random,
      logger,
      audit,
      events,
      limits,
      sealed: createSealedSecrets(Buffer.alloc(32, 7), random, 'model'),
      projects,
      features: {
        readOnline: async (_context, featureService, rows) => ({
          featureService,
          names: featureNames,
          asOf: featureNames.map(() => clock.now()),
          rows: rows.map(({ flight }) => {
            const values = flights.get(String(flight));
            return {
              values: featureNames.map((_, place) => values?.[place] ?? null),
              statuses: featureNames.map(() => (values === undefined ? 'NOT_FOUND' : 'PRESENT')),
            };
          }),
        }),
      },
      registry: { ...registry, findVersion: registry.findServable },
      lineage: governance.lineage,
      costs: governance.costs,
      policies: governance.policies,
      changes: governance.changes,
      controlPlanes: async () => [],
      directory: join(directory, 'serving'),
      modelServer: {
        host: '127.0.0.1',
        port: 0,
        controlPlaneUrl: () => controlPlaneUrl,
        issueToken: async () => token,
        environment: {
          ESTEIRA_SHIP_PAUSE_MS: '20',
          ESTEIRA_STATUS_INTERVAL_MS: '200',
          ESTEIRA_LOG_LEVEL: 'silent',
        },
      },
    });
    bindRoutes(http, serving.routes, token);
    return serving;
  }
  const serving = openServing();
  governance.changes.registerKind(serving.changeKinds.promote);
  governance.changes.registerKind(serving.changeKinds.rollback);
  for (const reader of [...serving.evidenceReaders, ...registry.evidenceReaders])
    governance.evidence.register(reader);
  await jobs.start();

  return {
    directory,
    sql,
    blobs,
    tables,
    governance,
    registry,
    serving,
    controlPlaneUrl,
    token,
    clock,

    /** Answers nobody until `reconnect`: a control plane that is away. */
    disconnect(): void {
      http.removeAllListeners('request');
      http.on('request', (_request, response) => response.destroy());
      http.closeAllConnections();
    },
    flights,
    reconnect: () => bindRoutes(http, serving.routes, token),

    /** Trains, "evaluates" and registers a version of the model `delays`. */
    async registerVersion(slope: number, bound = 5) {
      const { onnx, rows, expected } = trainModel(slope, bound);
      const id = ids.next('tm');
      const meta = describeModel();
      const model = await blobs.put(once(onnx));
      const description = await blobs.put(once(Buffer.from(JSON.stringify(meta))));
      const entries = [
        { name: 'meta.json', kind: 'file' as const, ...description },
        { name: 'model.onnx', kind: 'file' as const, ...model },
      ];
      const { digest } = await blobs.putDirectory(entries);
      trained.set(id, {
        model: {
          id,
          kind: 'gradient_boosting',
          digest,
          bytes: model.size,
          runId: `run_${id}`,
          project: 'flights',
          createdAt: clock.now(),
          meta,
        },
        entries,
      });
      const examples = {
        features: featureNames,
        textFeatures: [],
        rows,
        textRows: rows.map(() => []),
        expected,
      };
      const metrics = {
        rows: 400,
        base_rate: 0.5,
        roc_auc: 0.9,
        pr_auc: 0.9,
        log_loss: 0.3,
        brier: 0.1,
        ece: 0.01,
        threshold: 0.5,
        accuracy: 0.9,
        precision: 0.9,
        recall: 0.9,
        f1: 0.9,
      };
      evaluations.set(`ev_${id}`, {
        id: `ev_${id}`,
        trainedModelId: id,
        part: 'test',
        metrics,
        examples,
      } as unknown as Evaluation);
      if ((await registry.findModel(ana.workspace, 'delays')) === undefined) {
        await registry.createModel(ana, { name: 'delays', project: 'flights', description: '' });
      }
      return await registry.register(ana, {
        model: 'delays',
        trainedModelId: id,
        evaluationId: `ev_${id}`,
        description: '',
      });
    },

    /** Calls one of the room's routes, as Ana unless told. */
    async call<T>(
      id: string,
      request: { params?: unknown; query?: unknown; body?: unknown },
      context: RequestContext = ana,
    ): Promise<T> {
      const binding = serving.routes.find((candidate) => candidate.route.id === id);
      if (binding === undefined) throw new Error(`No route ${id}.`);
      return (await binding.handle(
        parseRequest(binding.route, request),
        context,
        new AbortController().signal,
      )) as T;
    },

    /** Stops the workers in the middle of what they do, and starts them again. */
    async restartJobs(): Promise<void> {
      await jobs.stop();
      await jobs.start();
    },

    /** Requests a change, applies it and waits for its end. */
    async change(kind: string, subject: Record<string, unknown>) {
      const planned = await governance.changes.request(ana, { kind, subject: subject as never });
      if (planned.state === 'approved') await governance.changes.apply(ana, planned.id);
      return await governance.changes.wait(ana.workspace, planned.id);
    },

    async close(): Promise<void> {
      await jobs.stop();
      await serving.stop();
      await events.stop();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
      await tables.close();
      await sql.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Sends inference requests of one row and counts who answered. */
export async function sendTraffic(target: {
  url: string;
  endpoint: string;
  key: string;
  requests: number;
  from?: number;
  signal?: AbortSignal;
}) {
  const arms: Record<string, number> = {};
  const statuses: Record<string, number> = {};
  const versions: Record<string, number> = {};
  for (let request = 0; request < target.requests; request++) {
    if (target.signal?.aborted) break;
    const at = (target.from ?? 0) + request;
    const answer = await ask(target, {
      data: [at % 10, (at * 3) % 10, (at * 7) % 10],
      parameters: { entity_key: `flight-${at}` },
    });
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const arm = String(answer.body.parameters?.arm ?? 'none');
    arms[arm] = (arms[arm] ?? 0) + 1;
    const version = answer.body.model_version ?? 'rule';
    versions[version] = (versions[version] ?? 0) + 1;
  }
  return { arms, statuses, versions };
}

export interface Answered {
  readonly status: number;
  readonly body: {
    readonly error?: string;
    readonly code?: string;
    readonly model_version?: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
  };
}

export async function ask(
  target: { url: string; endpoint: string; key: string },
  question: { data: readonly number[]; parameters?: Readonly<Record<string, unknown>> },
): Promise<Answered> {
  const answer = await fetch(`${target.url}/v2/models/${encodeURIComponent(target.endpoint)}/infer`, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      parameters: question.parameters ?? {},
      inputs: [{ name: 'X', shape: [1, featureNames.length], datatype: 'FP32', data: question.data }],
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Answered['body'] };
}

function describeModel(): TrainedModelMeta {
  return {
    kind: 'gradient_boosting',
    task: 'binary',
    features: featureNames,
    textFeatures: [],
    label: 'late',
    classes: [0, 1],
    params: {},
    seed: 1,
    splitId: 'sp_1',
    splitDigest: 'sha256:split',
    datasetVersionId: 'dv_1',
    datasetVersionDigest: 'sha256:data',
    featureService: 'flights',
    studyId: null,
    trainRows: 400,
    validationMetrics: {},
    importance: [],
    onnx: { inputs: [], outputs: [] },
  };
}

/** Answers the routes over HTTP for whoever has the token: what a model server needs of a control plane. */
function bindRoutes(http: Server, routes: readonly RouteBinding[], token: string): void {
  http.removeAllListeners('request');
  http.on('request', async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const aborting = new AbortController();
    response.on('close', () => aborting.abort());
    try {
      if (request.headers.authorization !== `Bearer ${token}`) throw new Error('No token.');
      for (const { route, handle } of routes) {
        const params = route.method === request.method ? matchPath(route.path, url.pathname) : undefined;
        if (params === undefined) continue;
        const body = route.body === 'stream' ? request : await readJson(request);
        const answer = await handle(
          parseRequest(route, { params, query: Object.fromEntries(url.searchParams), body }),
          ana,
          aborting.signal,
        );
        if (route.response !== 'stream')
          response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
        else
          for await (const chunk of (answer as { bytes: AsyncIterable<Uint8Array> }).bytes)
            response.write(chunk);
        return void response.end();
      }
      response.writeHead(404).end();
    } catch (error) {
      if (!response.headersSent) response.writeHead(error instanceof EsteiraError ? error.status : 500);
      response.end(String(error));
    }
  });
}

function parseRequest(
  route: RouteDefinition,
  request: { params?: unknown; query?: unknown; body?: unknown },
): unknown {
  return {
    params: route.params?.parse(request.params),
    query: route.query?.parse(request.query ?? {}),
    body: route.body === undefined || route.body === 'stream' ? request.body : route.body.parse(request.body),
  };
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [position, part] of wanted.entries()) {
    const value = decodeURIComponent(given[position] ?? '');
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

async function readJson(request: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
