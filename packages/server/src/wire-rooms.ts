import type { Config } from '@esteira/contracts';
import type { DataDirectory } from './data-directory.ts';
import { createDatasets } from './datasets/index.ts';
import { createEvaluation, createLlmEvaluation } from './evaluation/index.ts';
import { createFeatureStore } from './feature-store/index.ts';
import {
  createAuditLog,
  createBlobKeys,
  createGovernance,
  createIdentity,
  createSealedSecrets,
  createWebhooks,
  loadDefaultPack,
  seedOfSigningKey,
} from './governance/index.ts';
import { createJobQueue, observeJobs } from './jobs/index.ts';
import type { RequestContext } from './kernel/actor.ts';
import type { Environment } from './kernel/environment.ts';
import { traceStepKind } from './kernel/traced-step-kind.ts';
import { createLlm, findTraceOwner } from './llm/index.ts';
import { createMonitoring } from './monitoring/index.ts';
import type { Engines } from './open-engines.ts';
import { createPipelines } from './pipelines/index.ts';
import { prepareModelServers } from './prepare-model-servers.ts';
import { createProjects } from './projects/index.ts';
import { recordSource } from './record-source.ts';
import { createImportRoutes, createRegistry, type VersionSources } from './registry/index.ts';
import { createServing } from './serving/index.ts';
import { createLoggedModels, createTracking, createTrackingImports, filesBelow } from './tracking/index.ts';
import { createTraining } from './training/index.ts';
import { createTuning, createTuningService } from './tuning/index.ts';

export type Rooms = Awaited<ReturnType<typeof wireRooms>>;

interface House {
  readonly config: Config;
  readonly environment: Environment;
  readonly folder: DataDirectory;
  readonly engines: Engines;
}

/** Opens the rooms in the order of the house, each given what stands to its left. */
export async function wireRooms(house: House) {
  const { config, folder, engines } = house;
  const ground = await wireGround(house);
  const { base, identity, governance, rates } = ground;
  const { sql, blobs, random, cache, secrets } = engines;

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
  const source = await recordSource(engines.code, blobs);
  const pipelines = createPipelines({
    ...base,
    tracking,
    source: source.record,
    stepKinds: [datasets, featureStore, training, tuning, evaluation, registry].flatMap((room) =>
      room.stepKinds.map((kind) => traceStepKind(kind, engines.watch.tracer)),
    ),
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });
  const modelServers = await prepareModelServers({ ...house, identity });
  const serving = createServing({
    ...base,
    logTables: engines.logTables,
    limits: engines.limits,
    sealed: createSealedSecrets(seedOfSigningKey(engines.signingKey), random, 'model'),
    policies: governance.policies,
    changes: governance.changes,
    projects,
    features: featureStore,
    // What was inspected alone may be served too; the gates of staging and production let it no further.
    registry: { ...registry, findVersion: registry.findServable },
    controlPlanes: async () =>
      (await engines.replicas.alive()).flatMap(({ host, address }) =>
        address === undefined ? [] : { host, ...address },
      ),
    directory: folder.dataPlane,
    ...(config.publicUrl === undefined ? {} : { publicHost: new URL(config.publicUrl).hostname }),
    ...(secrets === undefined
      ? {}
      : { probeSecret: await secrets.open('probe-keys', () => random.bytes(32)) }),
    modelServer: modelServers.settings,
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
    resolveActor: identity.resolveActor,
  });
  for (const room of [projects, datasets, tracking, evaluation, registry, serving, monitoring]) {
    for (const reader of room.evidenceReaders) governance.evidence.register(reader);
  }

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
  const llm = createLlm({
    ...base,
    surroundings: {
      findExperiment: (workspace, by) => tracking.reader.experiment(workspace, by),
      findRun: (workspace, id) => tracking.reader.find(workspace, id),
    },
  });

  return {
    ...ground,
    projects,
    datasets,
    tracking,
    loggedModels,
    featureStore,
    training,
    evaluation,
    tuning,
    registry,
    importRoutes,
    pipelines,
    source,
    modelServers,
    serving,
    monitoring,
    llmEvaluation,
    llm,
  };
}

/** What every room is given: the engines, the queue of jobs and what governance keeps of all that is done. */
async function wireGround({ config, folder, engines }: House) {
  const { sql, blobs, tables, clock, ids, logger, random, events, leases, signingKey } = engines;
  const audit = createAuditLog({ sql, clock, ids, logger, leases, signingKey });
  const identity = createIdentity({ sql, clock, ids, random, logger, audit, dataDirectory: folder.path });
  const queue = createJobQueue({
    database: sql,
    events,
    clock,
    ids,
    random,
    logger,
    installationId: folder.installationId,
    resolveActor: identity.resolveActor,
    timing: { stopGrace: config.drainSeconds * 1_000 },
  });
  const jobs = observeJobs(queue, { ...engines.watch, database: sql });
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
  const blobKeys = createBlobKeys({ sql, jobs, audit, administration: engines.blobKeys });
  const base = { sql, blobs, tables, clock, ids, logger, random, jobs, events, audit, lineage, costs };
  return { base, identity, governance, rates, webhooks, blobKeys };
}
