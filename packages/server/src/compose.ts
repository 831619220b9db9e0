import { fileURLToPath } from 'node:url';
import type { Config } from '@esteira/contracts';
import { createLeasedLimits, scheduleWithTimers } from '@esteira/model-server/leased-limits';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { engineChecks } from './engine-checks.ts';
import { createAuditRoutes, createWebhookRoutes } from './governance/index.ts';
import { createHousekeeping, type Housekeeping } from './housekeeping.ts';
import { createHttpServer } from './http/index.ts';
import { createJobsRoutes, createReplicaRoutes } from './jobs/index.ts';
import { systemClock } from './kernel/clock.ts';
import type { Environment } from './kernel/environment.ts';
import { createIdGenerator } from './kernel/ids.ts';
import { systemRandom } from './kernel/random-source.ts';
import { meterHouse } from './meter-house.ts';
import { type Engines, openEngines } from './open-engines.ts';
import { createExperimentIds, createProtocols, tellWebhooks } from './protocols/index.ts';
import { createSecretNews } from './secret-news.ts';
import { acquireDataDirectoryLock } from './storage/sql/sqlite/data-directory-lock.ts';
import { createLoggedModelRoutes } from './tracking/index.ts';
import { type Rooms, wireRooms } from './wire-rooms.ts';

/**
 * The one place that knows the whole house: the engines, the rooms upon them, what goes through all rooms, and the doors to
 * the outside.
 */
export async function compose(config: Config, environment: Environment = {}) {
  const firstIds = createIdGenerator({ clock: systemClock, random: systemRandom });
  const folder = openDataDirectory(config.dataDir, firstIds);
  const lock = acquireDataDirectoryLock(folder.path);
  try {
    const engines = await openEngines(config, environment, folder);
    const rooms = await wireRooms({ config, environment, folder, engines });
    const housekeeping = createHousekeeping({ config, folder, engines, rooms });
    return openHouse({ config, environment, folder, lock, engines, rooms, housekeeping });
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface House {
  readonly config: Config;
  readonly environment: Environment;
  readonly folder: DataDirectory;
  readonly lock: { release(): void };
  readonly engines: Engines;
  readonly rooms: Rooms;
  readonly housekeeping: Housekeeping;
}

function openHouse(house: House) {
  const { config, folder, engines, rooms, housekeeping } = house;
  const { sql, clock, ids, logger, events, replicas, watch, prometheus } = engines;
  const { identity, modelServers, serving } = rooms;
  const { jobs, audit } = rooms.base;
  const requestLimits = shareRequestLimits(engines);
  tellWebhooks({ sql, events, webhooks: rooms.webhooks });
  const http = createHttpServer({
    config,
    identity,
    ids,
    logger,
    routes: routesOf(house),
    wires: openProtocols(config, engines, rooms).wires,
    uiDirectory: fileURLToPath(new URL('../../ui/dist/', import.meta.url)),
    ...watch,
    ...(prometheus === undefined ? {} : { exposition: prometheus }),
    limits: requestLimits,
    isDegraded: () => !engines.redisAvailable(),
    engines: engineChecks({ sql, blobs: engines.blobs, tables: engines.lazyTables }),
  });
  if (watch.meter.active)
    meterHouse(watch.meter, {
      sql,
      clock,
      events,
      owner: engines.owner,
      tables: [engines.lazyTables, engines.lazyLogTables],
    });

  return {
    http,
    identity,
    dataDirectory: folder.path,
    /** For a program that composes the server with work of its own, before `start`. */
    inner: { sql, jobs, events, audit, clock },

    /** Notes that the file of a secret was replaced while the server runs. */
    noteSecret: createSecretNews({ sql, ids, logger, audit }),

    /** Whether other servers of the installation run. */
    othersAlive: async () => (await replicas.alive()).some(({ id }) => id !== replicas.id),

    /** Begins background work. Called once the HTTP server listens, because the data plane fetches from it. */
    async start(address: { readonly url: string; readonly innerUrl: string }) {
      modelServers.setControlPlane(address.innerUrl);
      await replicas.start(address);
      await Promise.all([audit.start(), events.start()]);
      await jobs.start();
      await serving.start();
      housekeeping.retention.start();
      return { servingPort: modelServers.httpPort, servingGrpcPort: modelServers.grpcPort };
    },

    /** Ends what would outlive this process. */
    kill() {
      serving.kill();
    },

    /** Ends in order; `drainMs` is the time that requests and jobs which run may take. */
    async close(drainMs = config.drainSeconds * 1_000) {
      const began = performance.now();
      // Model servers ship their last predictions while the HTTP server still answers.
      housekeeping.retention.stop();
      await Promise.all([http.drain(drainMs / 2), jobs.stop(), serving.stop()]);
      await http.close(Math.max(0, drainMs - (performance.now() - began)));
      await requestLimits.stop();
      await events.stop();
      await audit.stop();
      await engines.close();
      await modelServers.releasePorts();
      house.lock.release();
    },
  };
}

/** Everything the HTTP API answers, room by room. */
function routesOf({ config, environment, folder, engines, rooms, housekeeping }: House) {
  const { sql, clock, replicas } = engines;
  const { base, tracking, registry, loggedModels } = rooms;
  const { jobs, audit } = base;
  return [
    ...rooms.identity.routes,
    ...createAuditRoutes(audit),
    ...rooms.blobKeys.routes,
    ...createWebhookRoutes(rooms.webhooks),
    ...housekeeping.backups.routes,
    ...rooms.importRoutes,
    ...registry.conversionRoutes({ jobs, runs: tracking, directory: folder.path, environment, config }),
    ...housekeeping.routes,
    ...createLoggedModelRoutes({ ...base, loggedModels, tracking, describe: registry.describeLoggedModel }),
    ...createJobsRoutes({ jobs, database: sql }),
    ...createReplicaRoutes({ replicas, database: sql, clock }),
    ...[
      rooms.governance,
      housekeeping.retention,
      rooms.projects,
      rooms.datasets,
      tracking,
      rooms.featureStore,
      rooms.training,
      rooms.evaluation,
      rooms.tuning,
      rooms.pipelines,
      registry,
      rooms.serving,
      rooms.monitoring,
      rooms.llm,
      rooms.llmEvaluation,
    ].flatMap((room) => [...room.routes]),
  ];
}

/** The same rooms as MLflow's clients and OpenTelemetry's exporters know them. */
function openProtocols(config: Config, { random, clock }: Engines, rooms: Rooms) {
  const { tracking, registry, llmEvaluation } = rooms;
  return createProtocols({
    tracking,
    random,
    clock,
    traces: rooms.llm.traces,
    issues: rooms.llm.issues,
    experimentIds: createExperimentIds(tracking),
    webhooks: rooms.webhooks,
    evaluationDatasets: llmEvaluation.datasets,
    scorers: llmEvaluation.scorers,
    artifacts: tracking.artifacts,
    loggedModels: rooms.loggedModels,
    registry,
    fileOfVersion: async (workspace, model, version, path) =>
      (await registry.resolveVersion(workspace, model, version))?.artifacts.find(
        (file) => file.path === path,
      ),
    ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
  });
}

/** How often callers may ask, counted together with the other servers of the installation. */
function shareRequestLimits({ sql, limits, owner, monotonic, logger }: Engines) {
  return createLeasedLimits({
    exchange: (requests) => limits.exchange('requests', owner, requests),
    leave: () => limits.leave('requests', owner),
    now: monotonic,
    schedule: scheduleWithTimers,
    timeoutMs: 500,
    // Until the store has counted them: more than most installations have.
    assumedHolders: sql.capabilities.manyWriters ? 4 : 1,
    onAway: (error) =>
      logger.warn({ err: error }, 'limits cannot be shared; this server keeps to its own part of them'),
    onBack: () => logger.info({}, 'limits are shared again'),
  });
}
