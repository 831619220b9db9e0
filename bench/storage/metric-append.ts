import { generateKeyPairSync } from 'node:crypto';
import { createAuditLog } from '../../packages/server/src/governance/index.ts';
import type { RequestContext } from '../../packages/server/src/kernel/actor.ts';
import { systemClock } from '../../packages/server/src/kernel/clock.ts';
import { createIdGenerator } from '../../packages/server/src/kernel/ids.ts';
import { silentLogger } from '../../packages/server/src/kernel/logger.ts';
import { systemRandom } from '../../packages/server/src/kernel/random-source.ts';
import { createEventBus } from '../../packages/server/src/storage/events/event-bus.ts';
import type { SqlDatabase } from '../../packages/server/src/storage/sql/sql-database.ts';
import { createTrackingService } from '../../packages/server/src/tracking/tracking-service.ts';
import type { Engine } from './engines.ts';

const concurrency = 16;
const metricsPerBatch = 10;

const context: RequestContext = {
  workspace: 'ws_bench',
  actor: { id: 'usr_bench', kind: 'user', name: 'Bench', roles: [], permissions: new Set() },
  requestId: 'req_bench',
};

/** Batches of ten points each, by sixteen callers with a run of their own; a caller sends the next when the last is durable. */
export async function measureMetricAppend(
  { database, syncs }: Engine,
  seconds: number,
): Promise<{ perSecond: number; syncsPerSecond: number | undefined }> {
  const tracking = openTracking(database);
  const runs = await Promise.all(
    Array.from({ length: concurrency }, (_, index) =>
      tracking.startRun(context, { experiment: 'bench', name: `run ${index}` }),
    ),
  );
  let batches = 0;
  async function append(runId: string, until: number): Promise<void> {
    for (let step = 1; performance.now() < until; step++) {
      const at = systemClock.now();
      const metrics = Array.from({ length: metricsPerBatch }, (_, index) => ({
        name: `metric ${index}`,
        value: Math.sin(step + index),
        step,
        at,
      }));
      await tracking.log(context, runId, { metrics });
      batches++;
    }
  }
  const warmUp = performance.now() + 1000;
  await Promise.all(runs.map((run) => append(run.id, warmUp)));
  batches = 0;
  const syncsBefore = await syncs();
  const began = performance.now();
  await Promise.all(runs.map((run) => append(run.id, began + seconds * 1000)));
  const elapsed = (performance.now() - began) / 1000;
  const syncsAfter = await syncs();
  return {
    perSecond: batches / elapsed,
    syncsPerSecond:
      syncsBefore === undefined || syncsAfter === undefined
        ? undefined
        : (syncsAfter - syncsBefore) / elapsed,
  };
}

function openTracking(sql: SqlDatabase) {
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const base = { sql, database: sql, clock: systemClock, ids, logger: silentLogger };
  const audit = createAuditLog({ ...base, signingKey: generateKeyPairSync('ed25519').privateKey });
  const unused = (): never => {
    throw new Error('The benchmark neither stores files nor links lineage.');
  };
  return createTrackingService({
    ...base,
    audit,
    events: createEventBus(base),
    blobs: new Proxy({} as Parameters<typeof createTrackingService>[0]['blobs'], { get: unused }),
    lineage: new Proxy({} as Parameters<typeof createTrackingService>[0]['lineage'], { get: unused }),
  });
}
