import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { permissions } from '@esteira/contracts';
import {
  createAuditLog,
  createGovernance,
  createSealedSecrets,
  loadDefaultPack,
} from '../governance/index.ts';
import { createJobQueue } from '../jobs/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { systemClock } from '../kernel/clock.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { createRegistry } from '../registry/index.ts';
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts';
import { createEventBus } from '../storage/events/event-bus.ts';
import { createMemoryLimitStore } from '../storage/limits/memory/memory-limit-store.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { openDuckdbTableEngine } from '../storage/tables/duckdb/duckdb-table-engine.ts';
import { createDelaysTraining, featureNames } from './delays-training.fixture.ts';
import { endpointUses } from './endpoints/endpoint-uses.ts';
import { createServing } from './index.ts';
import { answerRoutes, parseRequest } from './route-answers.fixture.ts';

export const ana: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: ['owner'], permissions: new Set(permissions) },
  requestId: 'req_1',
};

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
  const training = createDelaysTraining({ blobs, clock, ids });
  const registry = createRegistry({
    sql,
    blobs,
    clock,
    ids,
    audit,
    events,
    projects,
    lineage: governance.lineage,
    training: { open: training.open },
    evaluation: { find: training.findEvaluation },
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
      logTables: tables,
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
    answerRoutes(http, serving.routes, { token, context: ana });
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
    reconnect: () => answerRoutes(http, serving.routes, { token, context: ana }),

    /** Trains, "evaluates" and registers a version of the model `delays`. */
    async registerVersion(slope: number, bound = 5) {
      const source = await training.train(slope, bound);
      if ((await registry.findModel(ana.workspace, 'delays')) === undefined) {
        await registry.createModel(ana, { name: 'delays', project: 'flights', description: '' });
      }
      return await registry.register(ana, {
        model: 'delays',
        ...source,
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
