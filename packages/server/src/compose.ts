import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '@esteira/contracts';
import { createLeasedLimits, scheduleWithTimers } from '@esteira/model-server/leased-limits';
import { createBackups } from './backup/index.ts';
import { readCodeIdentity } from './code-identity.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { createDatasets, datasetsRetention } from './datasets/index.ts';
import { engineChecks } from './engine-checks.ts';
import {
  createEvaluation,
  createLlmEvaluation,
  evaluationRetention,
  purgeExperimentScorers,
} from './evaluation/index.ts';
import { createFeatureStore, featureStoreRetention } from './feature-store/index.ts';
import {
  createAuditLog,
  createAuditRoutes,
  createBlobKeys,
  createGovernance,
  createIdentity,
  createLegalHolds,
  createRetention,
  createSealedSecrets,
  createWebhookRoutes,
  createWebhooks,
  defaultWorkspace,
  loadDefaultPack,
  openSharedSigningKey,
  openSigningKey,
  seedOfSigningKey,
  systemActor,
} from './governance/index.ts';
import { createHttpServer } from './http/index.ts';
import {
  createJobQueue,
  createJobsRoutes,
  createReplicaRoutes,
  observeJobs,
  registerCleanUp,
} from './jobs/index.ts';
import type { RequestContext } from './kernel/actor.ts';
import { systemClock } from './kernel/clock.ts';
import { createIdGenerator } from './kernel/ids.ts';
import { createLogger } from './kernel/logger.ts';
import { noMeter } from './kernel/meter.ts';
import { openTracer } from './kernel/open-telemetry-tracer.ts';
import { createPrometheusMeter } from './kernel/prometheus-meter.ts';
import { systemRandom } from './kernel/random-source.ts';
import { traceStepKind } from './kernel/traced-step-kind.ts';
import { createLlm, findTraceOwner, purgeTraces, tracesRetention } from './llm/index.ts';
import { meterHouse } from './meter-house.ts';
import { modelServerEnvironment } from './model-server-environment.ts';
import { createMonitoring, monitoringRetention } from './monitoring/index.ts';
import { openReplica } from './open-replica.ts';
import { createPipelines, pipelinesRetention } from './pipelines/index.ts';
import { createProjects } from './projects/index.ts';
import { createExperimentIds, createProtocols, tellWebhooks } from './protocols/index.ts';
import { recordSource } from './record-source.ts';
import {
  createImportRoutes,
  createRegistry,
  registryRetention,
  type VersionSources,
  versionFromExperiment,
} from './registry/index.ts';
import { reservePort } from './reserve-port.ts';
import { createSecretNews } from './secret-news.ts';
import { createServing, servingRetention } from './serving/index.ts';
import { guardBlobStore } from './storage/blobs/guard-blob-store.ts';
import { observeBlobStore } from './storage/blobs/observed-blob-store.ts';
import { openBlobStore } from './storage/blobs/open-blob-store.ts';
import { createEventBus } from './storage/events/event-bus.ts';
import { openCacheAndLimits } from './storage/open-cache-and-limits.ts';
import { whileBlobsAreHeld } from './storage/sql/blob-hold.ts';
import { observeSqlDatabase } from './storage/sql/observed-sql-database.ts';
import { acquireDataDirectoryLock } from './storage/sql/sqlite/data-directory-lock.ts';
import { createLazyTableEngine } from './storage/tables/lazy-table-engine.ts';
import { observeTableEngine } from './storage/tables/observed-table-engine.ts';
import {
  createLoggedModelRoutes,
  createLoggedModels,
  createPurgeRoutes,
  createRewindRoutes,
  createTracking,
  createTrackingImports,
  filesBelow,
  trackingRetention,
} from './tracking/index.ts';
import { createTraining, trainingRetention } from './training/index.ts';
import { createTuning, createTuningService } from './tuning/index.ts';

/**
 * The one place that knows which engine is in use and how the rooms are wired. Read top-down: engines, then the rooms in
 * the order of the house, each given what stands to its left.
 */
export async function compose(
  config: Config,
  environment: Readonly<Record<string, string | undefined>> = {},
) {
  const firstIds = createIdGenerator({ clock: systemClock, random: systemRandom });
  const folder = openDataDirectory(config.dataDir, firstIds);
  const lock = acquireDataDirectoryLock(folder.path);
  try {
    return await wire(config, environment, folder, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function wire(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
  folder: DataDirectory,
  lock: { release(): void },
) {
  const random = systemRandom;
  const logger = createLogger(config.logLevel);
  const tracer = await openTracer(environment, logger);
  const prometheus = config.metricsToken === undefined ? undefined : await createPrometheusMeter({ logger });
  const meter = prometheus ?? noMeter;
  const watch = { meter, tracer };

  const [replica, code] = await Promise.all([
    openReplica({ config, folder, logger, observe: (opened) => observeSqlDatabase(opened, watch) }),
    readCodeIdentity({
      directory: import.meta.dirname,
      configuredCommit: config.codeCommit,
      nodeVersion: process.version,
    }),
  ]);
  const { sql, clock, ids, leases, owner, replicas, secrets } = replica;
  const opened = await openBlobStore({ config, directory: folder.blobs, clock, random, logger });
  const stored = observeBlobStore(opened.blobs, watch);
  const blobs = guardBlobStore(stored, { database: sql, clock });
  const lazyTables = createLazyTableEngine(async () => {
    const { openDuckdbTableEngine } = await import('./storage/tables/duckdb/duckdb-table-engine.ts');
    return await openDuckdbTableEngine({
      directories: [folder.blobs],
      temporaryDirectory: folder.tables,
      memoryLimit: `${config.tableMemoryMb}MB`,
    });
  });
  const tables = observeTableEngine(lazyTables, watch);
  const monotonic = (): number => performance.now();
  const accelerators = await openCacheAndLimits({
    redisUrl: config.redisUrl,
    database: sql,
    clock,
    random,
    monotonic,
    logger,
  });
  const { cache, limits } = accelerators;
  const events = createEventBus({ database: sql, clock, ids, logger, leases });

  const signingKey =
    secrets === undefined
      ? await openSigningKey(folder.signingKey, random)
      : await openSharedSigningKey(folder.signingKey, random, secrets.open);
  const audit = createAuditLog({ sql, clock, ids, logger, leases, signingKey });
  const identity = createIdentity({ sql, clock, ids, random, logger, audit, dataDirectory: folder.path });
  const { resolveActor } = identity;
  const { installationId } = folder;
  const queue = createJobQueue({
    database: sql,
    events,
    clock,
    ids,
    random,
    logger,
    installationId,
    resolveActor,
    timing: { stopGrace: config.drainSeconds * 1_000 },
  });
  const jobs = observeJobs(queue, { ...watch, database: sql });
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
  const webhooks = createWebhooks({
    sql,
    clock,
    ids,
    random,
    logger,
    jobs,
    audit,
    seed: seedOfSigningKey(signingKey),
    post: { rules: { allowPrivate: config.allowPrivateWebhooks } },
  });
  const blobKeys = createBlobKeys({ sql, jobs, audit, administration: opened.blobKeys });

  const base = { sql, blobs, tables, clock, ids, logger, random, jobs, events, audit, lineage, costs };
  const projects = createProjects(base);
  const datasets = createDatasets({ ...base, projects });
  const tracking = createTracking(base);
  const loggedModels = createLoggedModels(base);
  tracking.artifacts.owners.register('logged-model', loggedModels.findOwner);
  tracking.artifacts.owners.register('trace', findTraceOwner);
  const featureStore = createFeatureStore({ ...base, cache, datasets, projects });
  const studies = createTuningService(base);
  const training = createTraining({ ...base, datasets, projects, bestParameters: studies.bestParameters });
  const evaluation = createEvaluation({ ...base, datasets, projects, training });
  const tuning = createTuning({ ...base, datasets, tuning: studies });
  const versionSources: VersionSources = {
    hasRun: async (workspace, runId) => (await tracking.reader.find(workspace, runId)) !== undefined,
    filesBelow: (workspace, { kind, id, path }) => filesBelow(sql, workspace, { kind, id }, path),
  };
  const registry = createRegistry({
    ...base,
    projects,
    training,
    evaluation,
    runSource: async (workspace, runId) => (await tracking.reader.find(workspace, runId))?.source,
    ...versionSources,
    // Serving stands to the right; it is asked when a label moves.
    served: (reader, workspace, model) => serving.uses(reader, workspace, model),
    changes: governance.changes,
    currency: rates.currency,
    remoteRules: { allowPrivate: config.allowPrivateRemoteModels },
  });
  governance.changes.registerKind(registry.changeKinds.label);
  const importRoutes = createImportRoutes(
    createTrackingImports({ ...base, texts: tracking.texts, owners: tracking.artifacts.owners }),
    {
      ...base,
      ...versionSources,
      async locationOf(workspace, { kind, id, path }) {
        const owner = await tracking.artifacts.findOwner(workspace, { kind, id });
        return owner && [owner.location, path].filter((part) => part !== '').join('/');
      },
    },
  );
  const source = await recordSource(code, blobs);
  const pipelines = createPipelines({
    ...base,
    tracking,
    source: source.record,
    stepKinds: [datasets, featureStore, training, tuning, evaluation, registry].flatMap((room) =>
      room.stepKinds.map((kind) => traceStepKind(kind, tracer)),
    ),
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });

  let controlPlaneUrl = '';
  // The data plane starts with the first endpoint, but where it will answer is announced at once.
  const servingPort = await reservePort(config.servingPort, config.host);
  const servingGrpcPort = await reservePort(config.servingGrpcPort, config.host);
  const releasePorts = async () => {
    await servingPort.release();
    await servingGrpcPort.release();
  };
  const serving = createServing({
    ...base,
    limits,
    sealed: createSealedSecrets(seedOfSigningKey(signingKey), random, 'model'),
    policies: governance.policies,
    changes: governance.changes,
    projects,
    features: featureStore,
    // What was inspected alone may be served too; the gates of staging and production let it no further.
    registry: { ...registry, findVersion: registry.findServable },
    controlPlanes: async () =>
      (await replicas.alive()).flatMap(({ host, address }) =>
        address === undefined ? [] : { host, ...address },
      ),
    directory: folder.dataPlane,
    ...(config.publicUrl === undefined ? {} : { publicHost: new URL(config.publicUrl).hostname }),
    ...(secrets === undefined
      ? {}
      : { probeSecret: await secrets.open('probe-keys', () => random.bytes(32)) }),
    modelServer: {
      host: config.host,
      port: servingPort.port,
      grpcPort: servingGrpcPort.port,
      processes: String(config.servingProcesses),
      releasePorts,
      environment: modelServerEnvironment(config, environment, replica.clockOffset()),
      stopPatienceMs: config.drainSeconds * 1_000 + 10_000,
      controlPlaneUrl: () => controlPlaneUrl,
      issueToken: async (workspace) => {
        const context = { workspace, actor: systemActor, requestId: ids.next('req') };
        const issued = await identity.issueServiceToken(context, {
          // Replacing its token must not end that of another replica's model server.
          name: secrets === undefined ? 'model-server' : modelServerAccount(installationId),
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

  const retention = createRetention({
    ...base,
    leases,
    changes: governance.changes,
    holds: createLegalHolds(base),
    currency: rates.currency,
    directory: join(folder.path, 'collection'),
    // The difference of the code is named by runs to come.
    keepFresh: source.store,
  });
  for (const room of [
    servingRetention,
    registryRetention,
    datasetsRetention,
    trackingRetention,
    featureStoreRetention,
    trainingRetention,
    evaluationRetention,
    pipelinesRetention,
    monitoringRetention,
    tracesRetention,
  ]) {
    retention.register(room);
  }

  const purgeRoutes = createPurgeRoutes({
    ...base,
    surroundings: {
      keptBecause: retention.keptBecause,
      versionWithin: versionFromExperiment,
      removers: [purgeTraces, purgeExperimentScorers],
    },
  });

  const rewindRoutes = createRewindRoutes({
    rewind: tracking.rewindRun,
    keptBecause: retention.keptBecause,
  });

  for (const room of [projects, datasets, tracking, evaluation, registry, serving, monitoring]) {
    for (const reader of room.evidenceReaders) governance.evidence.register(reader);
  }

  const requestLimits = createLeasedLimits({
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
  retention.schedule();
  const backups = createBackups({
    sql,
    jobs,
    directory: config.backupDirectory,
    open: async (from) => (await import('./archive-place.ts')).openPlaceForReading(config, from),
    schedule: config.backupSchedule,
    keep: config.backupKeep,
    workspace: defaultWorkspace,
    async write(to, onProgress, signal) {
      const { archiveInstallation } = await import('./back-up.ts');
      const whileHeld = (work: (held: AbortSignal) => ReturnType<typeof archiveInstallation>) =>
        whileBlobsAreHeld(leases, ids.next('backup'), work);
      const archive = { config, to, kind: 'backup', keep: config.backupKeep, onProgress, signal } as const;
      return await archiveInstallation({ ...archive, blobs: stored, signingKey, whileHeld });
    },
  });
  registerCleanUp({
    jobs,
    database: sql,
    clock,
    events,
    workspace: defaultWorkspace,
    also: [
      (now) => serving.forgetGone(now - goneAfterMs),
      (now, signal) => tracking.artifacts.uploads.sweep(now, signal),
      webhooks.tend,
      async (now) => {
        for (const gone of await replicas.forget(now - goneAfterMs)) {
          for (const workspace of await identity.workspaces()) {
            const context = { workspace, actor: systemActor, requestId: ids.next('req') };
            await identity.revokeServiceTokens(context, modelServerAccount(gone));
          }
        }
      },
    ],
  });

  const llmEvaluation = createLlmEvaluation({
    ...base,
    experiments: {
      async known(context: RequestContext, numbers: readonly number[]) {
        await tracking.ensureDefaultExperiment(context);
        const found = await tracking.reader.experimentsByNumber(context.workspace, numbers);
        return new Set(found.filter(({ deletedAt }) => deletedAt === undefined).map(({ number }) => number));
      },
      byNumber: (workspace, numbers) => tracking.reader.experimentsByNumber(workspace, numbers),
      byId: (workspace, id) => tracking.reader.experiment(workspace, { id }),
    },
  });
  tellWebhooks({ sql, events, webhooks });
  const llm = createLlm({
    ...base,
    surroundings: {
      findExperiment: (workspace, by) => tracking.reader.experiment(workspace, by),
      findRun: (workspace, id) => tracking.reader.find(workspace, id),
    },
  });
  const protocols = createProtocols({
    tracking,
    random,
    clock,
    traces: llm.traces,
    experimentIds: createExperimentIds(tracking),
    webhooks,
    evaluationDatasets: llmEvaluation.datasets,
    scorers: llmEvaluation.scorers,
    artifacts: tracking.artifacts,
    loggedModels,
    registry,
    fileOfVersion: async (workspace, model, version, path) =>
      (await registry.resolveVersion(workspace, model, version))?.artifacts.find(
        (file) => file.path === path,
      ),
    ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
  });
  const http = createHttpServer({
    config,
    identity,
    ids,
    logger,
    routes: [
      ...identity.routes,
      ...createAuditRoutes(audit),
      ...blobKeys.routes,
      ...createWebhookRoutes(webhooks),
      ...backups.routes,
      ...importRoutes,
      ...registry.conversionRoutes({ jobs, runs: tracking, directory: folder.path, environment, config }),
      ...purgeRoutes,
      ...createLoggedModelRoutes({ ...base, loggedModels, tracking, describe: registry.describeLoggedModel }),
      ...rewindRoutes,
      ...createJobsRoutes({ jobs, database: sql }),
      ...createReplicaRoutes({ replicas, database: sql, clock }),
      ...[
        governance,
        retention,
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
        llm,
        llmEvaluation,
      ].flatMap((room) => [...room.routes]),
    ],
    wires: protocols.wires,
    uiDirectory: fileURLToPath(new URL('../../ui/dist/', import.meta.url)),
    ...watch,
    ...(prometheus === undefined ? {} : { exposition: prometheus }),
    limits: requestLimits,
    isDegraded: () => !accelerators.available(),
    engines: engineChecks({ sql, blobs, tables: lazyTables }),
  });

  if (meter.active) {
    meterHouse(meter, { sql, clock, events, owner, tables: lazyTables });
  }

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
      controlPlaneUrl = address.innerUrl;
      await replicas.start(address);
      await Promise.all([audit.start(), events.start()]);
      await jobs.start();
      await serving.start();
      retention.start();
      return { servingPort: servingPort.port, servingGrpcPort: servingGrpcPort.port };
    },

    /** Ends what would outlive this process. */
    kill() {
      serving.kill();
    },

    /** Ends in order; `drainMs` is the time that requests and jobs which run may take. */
    async close(drainMs = config.drainSeconds * 1_000) {
      const began = performance.now();
      // Model servers ship their last predictions while the HTTP server still answers.
      retention.stop();
      await Promise.all([http.drain(drainMs / 2), jobs.stop(), serving.stop()]);
      await http.close(Math.max(0, drainMs - (performance.now() - began)));
      await requestLimits.stop();
      await events.stop();
      await audit.stop();
      await tables.close();
      await blobs.close();
      await accelerators.close();
      await replica.close();
      await tracer.stop();
      await releasePorts();
      lock.release();
    },
  };
}

/** A replica that was silent for so long may come back all the same: it signs in anew. */
const goneAfterMs = 86_400_000;

/** The service account of a replica's model servers. */
function modelServerAccount(replica: string): string {
  return `model-server-${replica}`;
}
