import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestContext } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { createLeases } from '../sql/lease.ts';
import { createReplicatedPostgres } from '../sql/postgres/migrated-postgres.fixture.ts';
import { createEventBus } from './event-bus.ts';

const context: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_1', kind: 'user', name: 'Ana', roles: [], permissions: new Set() },
  requestId: 'req_1',
};

describe('events of several processes on one database', () => {
  let shared: Awaited<ReturnType<typeof createReplicatedPostgres>>;
  before(async () => {
    shared = await createReplicatedPostgres();
  });
  after(() => shared.drop());

  /** A process with a bus and leases of its own; what it is told lands in `told`. */
  async function makeReplica(name: string, told: string[]) {
    const database = await shared.open();
    const leases = createLeases({
      database,
      clock: systemClock,
      logger: silentLogger,
      owner: `${name}:1`,
      timing: { lease: 400, renew: 100, poll: 20 },
    });
    const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
    const bus = createEventBus({ database, clock: systemClock, ids, logger: silentLogger, leases, poll: 50 });
    bus.subscribe('run.finished', 'shared', async (event) => {
      told.push(`${name} ${event.payload.runId}`);
    });
    await bus.start();
    const finish = (runId: string, within?: () => Promise<void>) =>
      database.transaction(async (tx) => {
        await bus.emit(tx, context, 'run.finished', { runId, status: 'done' });
        await within?.();
      });
    return { database, leases, bus, finish };
  }

  async function until(told: readonly string[], count: number): Promise<void> {
    while (told.length < count) await sleep(5);
  }

  it('are delivered by one of them, whoever told them, and by another when it dies', async () => {
    const told: string[] = [];
    const first = await makeReplica('first', told);
    const second = await makeReplica('second', told);
    for (const run of ['a', 'b']) await first.finish(run);
    for (const run of ['c', 'd']) await second.finish(run);
    await until(told, 4);
    assert.deepEqual(told, ['first a', 'first b', 'first c', 'first d']);

    // Its sessions are gone, as those of a killed process; nothing is given back.
    await first.database.close();
    await second.finish('e');
    await until(told, 5);
    assert.deepEqual(told.slice(4), ['second e']);
    await second.bus.stop();
    await second.leases.stop();
    await first.leases.stop();
  });

  it('are not lost when a transaction that began earlier commits later', async () => {
    const told: string[] = [];
    const replica = await makeReplica('only', told);
    const { promise: written, resolve: tellWritten } = Promise.withResolvers<void>();
    const { promise: mayCommit, resolve: letCommit } = Promise.withResolvers<void>();
    const slow = replica.finish('slow', () => {
      tellWritten();
      return mayCommit;
    });
    await written;
    await replica.finish('quick');
    await sleep(200);
    assert.deepEqual(told, []);
    letCommit();
    await slow;
    await until(told, 2);
    assert.deepEqual(told, ['only slow', 'only quick']);
    await replica.bus.stop();
    await replica.leases.stop();
  });

  it('go on soon after a transaction that they waited for was taken back', async () => {
    const told: string[] = [];
    const replica = await makeReplica('alone', told);
    const { promise: written, resolve: tellWritten } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: letEnd } = Promise.withResolvers<void>();
    const doomed = replica.finish('doomed', async () => {
      tellWritten();
      await mayEnd;
      throw new Error('refused');
    });
    await written;
    await replica.finish('kept');
    letEnd();
    await assert.rejects(doomed, /refused/);
    await until(told, 1);
    assert.deepEqual(told, ['alone kept']);
    await replica.bus.stop();
    await replica.leases.stop();
  });
});
