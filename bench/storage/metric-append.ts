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

const context: RequestContext = {
  workspace: 'ws_bench',
  actor: { id: 'usr_bench', kind: 'user', name: 'Bench', roles: [], permissions: new Set() },
  requestId: 'req_bench',
};

interface Throughput {
  readonly perSecond: number;
  readonly syncsPerSecond: number;
}

/**
 * Batches of so many metrics, one point each, by sixteen callers; a caller sends the next when the last is durable. Each has a
 * run of its own, or all `share` one. Sorting the points in that goes on beside is part of it.
 */
export async function measureMetricAppend(
  engine: Engine,
  seconds: number,
  load: { readonly metrics: number; readonly share: boolean } = { metrics: 10, share: false },
): Promise<Throughput> {
  const tracking = openTracking(engine.database);
  const names = Array.from({ length: load.metrics }, (_, index) => `metric ${index}`);
  const runs = await Promise.all(
    Array.from({ length: load.share ? 1 : concurrency }, (_, index) =>
      tracking.startRun(context, { experiment: 'bench', name: `run ${index}` }),
    ),
  );
  let step = 0;
  return measure(engine, seconds, async (caller) => {
    step++;
    const at = systemClock.now();
    const metrics = names.map((name, index) => ({ name, value: Math.sin(step + index), step, at }));
    await tracking.log(context, runs[caller % runs.length]?.id ?? '', { metrics });
  });
}

/** Runs begun with two tags, by sixteen callers. */
export async function measureRunStart(engine: Engine, seconds: number): Promise<Throughput> {
  const tracking = openTracking(engine.database);
  const tags = { 'mlflow.user': 'bench', 'mlflow.source.name': 'train.py' };
  return measure(engine, seconds, async () => {
    await tracking.startRun(context, { experiment: 'bench', name: 'run', tags });
  });
}

async function measure(
  engine: Engine,
  seconds: number,
  request: (caller: number) => Promise<void>,
): Promise<Throughput> {
  let done = 0;
  async function repeat(caller: number, until: number): Promise<void> {
    while (performance.now() < until) {
      await request(caller);
      done++;
    }
  }
  async function everyCaller(until: number): Promise<void> {
    await Promise.all(Array.from({ length: concurrency }, (_, caller) => repeat(caller, until)));
  }
  await everyCaller(performance.now() + 1000);
  done = 0;
  const before = await engine.syncs();
  const began = performance.now();
  await everyCaller(began + seconds * 1000);
  const elapsed = (performance.now() - began) / 1000;
  return { perSecond: done / elapsed, syncsPerSecond: ((await engine.syncs()) - before) / elapsed };
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
