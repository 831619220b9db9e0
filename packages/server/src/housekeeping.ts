import { join } from 'node:path';
import type { Config } from '@esteira/contracts';
import { createBackups } from './backup/index.ts';
import type { DataDirectory } from './data-directory.ts';
import { datasetsRetention } from './datasets/index.ts';
import { evaluationRetention, purgeExperimentScorers } from './evaluation/index.ts';
import { featureStoreRetention } from './feature-store/index.ts';
import { createLegalHolds, createRetention, defaultWorkspace } from './governance/index.ts';
import { registerCleanUp } from './jobs/index.ts';
import { purgeIssues, purgeTraces, tracesRetention } from './llm/index.ts';
import { monitoringRetention } from './monitoring/index.ts';
import type { Engines } from './open-engines.ts';
import { pipelinesRetention } from './pipelines/index.ts';
import { revokeTokensOfReplica } from './prepare-model-servers.ts';
import { registryRetention, versionFromExperiment } from './registry/index.ts';
import { servingRetention } from './serving/index.ts';
import { whileBlobsAreHeld } from './storage/sql/blob-hold.ts';
import { createPurgeRoutes, createRewindRoutes, trackingRetention } from './tracking/index.ts';
import { trainingRetention } from './training/index.ts';
import type { Rooms } from './wire-rooms.ts';

export type Housekeeping = ReturnType<typeof createHousekeeping>;

/** A replica that was silent for so long may come back all the same: it signs in anew. */
const goneAfterMs = 86_400_000;

/** What each room lets go of once it is old enough. */
export const retentionOfRooms = [
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
];

/** What goes through all rooms: retention, purges, archives, and the sweep of what is left over. */
export function createHousekeeping(house: {
  readonly config: Config;
  readonly folder: DataDirectory;
  readonly engines: Engines;
  readonly rooms: Rooms;
}) {
  const { rooms } = house;
  const retention = createRetention({
    ...rooms.base,
    leases: house.engines.leases,
    changes: rooms.governance.changes,
    holds: createLegalHolds(rooms.base),
    currency: rooms.rates.currency,
    directory: join(house.folder.path, 'collection'),
    // The difference of the code is named by runs to come.
    keepFresh: rooms.source.store,
  });
  for (const room of retentionOfRooms) retention.register(room);
  retention.schedule();

  const purgeRoutes = createPurgeRoutes({
    ...rooms.base,
    surroundings: {
      keptBecause: retention.keptBecause,
      versionWithin: versionFromExperiment,
      removers: [purgeTraces, purgeIssues, purgeExperimentScorers],
    },
  });
  const rewindRoutes = createRewindRoutes({
    rewind: rooms.tracking.rewindRun,
    keptBecause: retention.keptBecause,
  });
  const backups = openBackups(house);
  cleanUpRegularly(house);
  return { retention, backups, routes: [...purgeRoutes, ...rewindRoutes] };
}

function openBackups({ config, engines, rooms }: { config: Config; engines: Engines; rooms: Rooms }) {
  const { sql, ids, leases, signingKey, storedBlobs: blobs } = engines;
  return createBackups({
    sql,
    jobs: rooms.base.jobs,
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
      return await archiveInstallation({ ...archive, blobs, signingKey, whileHeld });
    },
  });
}

function cleanUpRegularly({ engines, rooms }: { engines: Engines; rooms: Rooms }): void {
  const { sql, clock, ids, events, replicas } = engines;
  registerCleanUp({
    jobs: rooms.base.jobs,
    database: sql,
    clock,
    events,
    workspace: defaultWorkspace,
    also: [
      (now) => rooms.serving.forgetGone(now - goneAfterMs),
      (now, signal) => rooms.tracking.artifacts.uploads.sweep(now, signal),
      rooms.webhooks.tend,
      async (now) => {
        for (const gone of await replicas.forget(now - goneAfterMs))
          await revokeTokensOfReplica(rooms.identity, ids, gone);
      },
    ],
  });
}
