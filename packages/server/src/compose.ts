import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Config } from '@esteira/contracts';
import { readCodeIdentity } from './code-identity.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { createDatasets } from './datasets/index.ts';
import { createEvaluation } from './evaluation/index.ts';
import { createFeatureStore } from './feature-store/index.ts';
import {
  createAuditLog,
  createAuditRoutes,
  createGovernance,
  createIdentity,
  loadDefaultPack,
  openSigningKey,
  systemActor,
} from './governance/index.ts';
import { createHttpServer } from './http/index.ts';
import { createJobQueue, createJobsRoutes } from './jobs/index.ts';
import { systemClock } from './kernel/clock.ts';
import { createIdGenerator, type IdGenerator } from './kernel/ids.ts';
import { createLogger } from './kernel/logger.ts';
import { systemRandom } from './kernel/random-source.ts';
import { migrations } from './migrations/index.ts';
import { createMonitoring } from './monitoring/index.ts';
import { createPipelines } from './pipelines/index.ts';
import { createProjects } from './projects/index.ts';
import { createRegistry } from './registry/index.ts';
import { createServing } from './serving/index.ts';
import { openFilesystemBlobStore } from './storage/blobs/filesystem/filesystem-blob-store.ts';
import { createEventBus } from './storage/events/event-bus.ts';
import { migrate } from './storage/sql/migrator.ts';
import { acquireDataDirectoryLock } from './storage/sql/sqlite/data-directory-lock.ts';
import { openSqliteDatabase } from './storage/sql/sqlite/open-sqlite-database.ts';
import { openDuckdbTableEngine } from './storage/tables/duckdb/duckdb-table-engine.ts';
import { createTracking } from './tracking/index.ts';
import { createTraining } from './training/index.ts';
import { createTuning, createTuningService } from './tuning/index.ts';

/**
 * The one place that knows which engine is in use and how the rooms are wired. Read top-down: engines, then the rooms in
 * the order of the house, each given what stands to its left.
 */
export async function compose(config: Config) {
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const folder = openDataDirectory(config.dataDir, ids);
  const lock = acquireDataDirectoryLock(folder.path);
  try {
    return await wire(config, ids, folder, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function wire(config: Config, ids: IdGenerator, folder: DataDirectory, lock: { release(): void }) {
  const clock = systemClock;
  const random = systemRandom;
  const logger = createLogger(config.logLevel);

  const sql = openSqliteDatabase({ path: folder.database, logger });
  await migrate(sql, migrations, clock);
  const blobs = await openFilesystemBlobStore({ directory: folder.blobs, random });
  const tables = await openDuckdbTableEngine({
    directories: [folder.blobs],
    temporaryDirectory: folder.tables,
    memoryLimit: `${config.tableMemoryMb}MB`,
  });
  const events = createEventBus({ database: sql, clock, ids, logger });

  const audit = createAuditLog({
    sql,
    clock,
    ids,
    logger,
    signingKey: await openSigningKey(folder.signingKey, random),
  });
  const identity = createIdentity({ sql, clock, ids, random, logger, audit, dataDirectory: folder.path });
  const { resolveActor } = identity;
  const { installationId } = folder;
  const jobs = createJobQueue({
    database: sql,
    events,
    clock,
    ids,
    random,
    logger,
    installationId,
    resolveActor,
  });
  const rates = {
    currency: config.currency,
    pricePerCpuHour: config.pricePerCpuHour,
    pricePerGigabyteMonth: config.pricePerGigabyteMonth,
  };
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
  const { lineage, costs } = governance;

  const base = { sql, blobs, tables, clock, ids, logger, random, jobs, events, audit, lineage, costs };
  const projects = createProjects(base);
  const datasets = createDatasets({ ...base, projects });
  const tracking = createTracking(base);
  const featureStore = createFeatureStore({ ...base, datasets, projects });
  const studies = createTuningService(base);
  const training = createTraining({ ...base, datasets, projects, bestParameters: studies.bestParameters });
  const evaluation = createEvaluation({ ...base, datasets, projects, training });
  const tuning = createTuning({ ...base, datasets, tuning: studies });
  const registry = createRegistry({
    ...base,
    projects,
    training,
    evaluation,
    runSource: async (workspace, runId) => (await tracking.reader.find(workspace, runId))?.source,
  });
  const pipelines = createPipelines({
    ...base,
    tracking,
    source: await recordSource(config, blobs),
    stepKinds: [datasets, featureStore, training, tuning, evaluation, registry].flatMap((room) => [
      ...room.stepKinds,
    ]),
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });

  let controlPlaneUrl = '';
  const ports = {
    servingPort: await choosePort(config.servingPort),
    servingGrpcPort: await choosePort(config.servingGrpcPort),
  };
  const serving = createServing({
    ...base,
    policies: governance.policies,
    projects,
    registry,
    directory: folder.dataPlane,
    modelServer: {
      // The data plane speaks plain HTTP: behind TLS of our own it stays on loopback, for a proxy to publish.
      host: config.tlsCert === undefined ? config.host : '127.0.0.1',
      port: ports.servingPort,
      grpcPort: ports.servingGrpcPort,
      environment: { ESTEIRA_LOG_LEVEL: config.logLevel },
      controlPlaneUrl: () => controlPlaneUrl,
      issueToken: async (workspace) => {
        const context = { workspace, actor: systemActor, requestId: ids.next('req') };
        const issued = await identity.issueServiceToken(context, {
          name: 'model-server',
          roles: ['data-plane'],
          replace: true,
        });
        return issued.secret;
      },
    },
  });
  governance.changes.registerKind(serving.changeKinds.promote);
  governance.changes.registerKind(serving.changeKinds.rollback);

  const monitoring = createMonitoring({
    ...base,
    projects,
    datasets,
    serving,
    registry,
    evaluation,
    training,
    pipelines,
    changes: governance.changes,
    resolveActor,
  });

  for (const room of [projects, datasets, tracking, evaluation, registry, serving, monitoring]) {
    for (const reader of room.evidenceReaders) governance.evidence.register(reader);
  }

  const http = createHttpServer({
    config,
    identity,
    ids,
    logger,
    routes: [
      ...identity.routes,
      ...createAuditRoutes(audit),
      ...createJobsRoutes({ jobs, database: sql }),
      ...[
        governance,
        projects,
        datasets,
        tracking,
        featureStore,
        training,
        evaluation,
        tuning,
        pipelines,
        registry,
        serving,
        monitoring,
      ].flatMap((room) => [...room.routes]),
    ],
    uiDirectory: fileURLToPath(new URL('../../ui/dist/', import.meta.url)),
    checkReady: async () => {
      await sql
        .query<{ migrations: { name: string } }>()
        .selectFrom('migrations')
        .select('name')
        .limit(1)
        .execute();
    },
  });

  return {
    http,
    identity,
    dataDirectory: folder.path,

    /** Begins background work. Called once the HTTP server listens, because the data plane fetches from it. */
    async start(url: string) {
      controlPlaneUrl = url;
      audit.start();
      events.start();
      await jobs.start();
      await serving.start();
      return ports;
    },

    async close() {
      await serving.stop();
      await http.close();
      await jobs.stop();
      await events.stop();
      await audit.stop();
      await tables.close();
      await sql.close();
      lock.release();
    },
  };
}

/** The code and environment of this installation; an uncommitted difference is kept as a blob, so that a run can name it. */
async function recordSource(config: Config, blobs: Awaited<ReturnType<typeof openFilesystemBlobStore>>) {
  const code = readCodeIdentity({
    directory: fileURLToPath(new URL('.', import.meta.url)),
    configuredCommit: config.codeCommit,
    nodeVersion: process.version,
  });
  const { diff, ...identity } = code;
  if (diff === undefined) return identity;
  const stored = await blobs.put(
    (async function* () {
      yield diff;
    })(),
  );
  return { ...identity, codeDiff: stored.digest };
}

/** A free port where any will do. Chosen now, because the data plane starts with the first endpoint but is announced at once. */
async function choosePort(wanted: number): Promise<number> {
  if (wanted !== 0) return wanted;
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
