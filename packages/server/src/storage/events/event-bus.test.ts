import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EsteiraEvent } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { openTestDatabase, untilEventsSettled } from '../sql/open-test-database.ts';
import type { SqlDatabase } from '../sql/sql-database.ts';
import { createEventBus, type EventBus } from './event-bus.ts';

const context: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_1', kind: 'user', name: 'Ana', roles: [], permissions: new Set() },
  requestId: 'req_1',
};

describe('the event bus', () => {
  let database: SqlDatabase;
  before(async () => {
    database = await openTestDatabase();
  });
  after(() => database.close());

  function makeBus(): EventBus {
    return createEventBus({
      database,
      clock: systemClock,
      ids: createIdGenerator({ clock: systemClock, random: systemRandom }),
      logger: silentLogger,
      retryDelay: () => 0,
    });
  }

  function finishRun(bus: EventBus, runId: string, where = context): Promise<void> {
    return database.transaction((tx) => bus.emit(tx, where, 'run.finished', { runId, status: 'done' }));
  }

  it('delivers each committed event in order to every subscriber of its type', async () => {
    const bus = makeBus();
    const first: string[] = [];
    const second: string[] = [];
    bus.subscribe('run.finished', 'order-first', async (event) => void first.push(event.payload.runId));
    bus.subscribe('run.finished', 'order-second', async (event) => void second.push(event.payload.runId));
    bus.subscribe('endpoint.changed', 'order-other', async () => assert.fail('of another type'));
    await bus.start();
    for (const id of ['a', 'b', 'c']) await finishRun(bus, id);
    await bus.idle();
    assert.deepEqual(first, ['a', 'b', 'c']);
    assert.deepEqual(second, ['a', 'b', 'c']);
    await bus.stop();
  });

  it('tells nothing of a transaction that was taken back', async () => {
    const bus = makeBus();
    const told: string[] = [];
    bus.subscribe('run.finished', 'rollback', async (event) => void told.push(event.payload.runId));
    await bus.start();
    await assert.rejects(
      database.transaction(async (tx) => {
        await bus.emit(tx, context, 'run.finished', { runId: 'ghost', status: 'done' });
        throw new Error('refused');
      }),
    );
    await finishRun(bus, 'real');
    await bus.idle();
    assert.deepEqual(told, ['real']);
    await bus.stop();
  });

  it('tries a failing listener again without holding back the others', async () => {
    const bus = makeBus();
    const steady: string[] = [];
    const flaky: string[] = [];
    let failuresLeft = 3;
    bus.subscribe('run.finished', 'retry-flaky', async (event) => {
      if (failuresLeft-- > 0) throw new Error('not yet');
      flaky.push(event.payload.runId);
    });
    bus.subscribe('run.finished', 'retry-steady', async (event) => void steady.push(event.payload.runId));
    await bus.start();
    await finishRun(bus, 'x');
    await finishRun(bus, 'y');
    await bus.idle();
    assert.deepEqual(steady, ['x', 'y']);
    assert.deepEqual(flaky, ['x', 'y']);
    await bus.stop();
  });

  it('goes on after a restart with the event whose listener had not finished', async () => {
    const interrupted = makeBus();
    interrupted.subscribe('run.finished', 'restart', async (event, signal) => {
      if (event.payload.runId === 'one') return;
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    });
    await interrupted.start();
    await finishRun(interrupted, 'one');
    await finishRun(interrupted, 'two');
    await interrupted.stop();
    await finishRun(interrupted, 'three');

    const resumed = makeBus();
    const told: string[] = [];
    resumed.subscribe('run.finished', 'restart', async (event) => void told.push(event.payload.runId));
    await resumed.start();
    await resumed.idle();
    assert.deepEqual(told.slice(-2), ['two', 'three']);
    await resumed.stop();
  });

  it('does not tell a new subscriber what happened before it existed', async () => {
    const bus = makeBus();
    await finishRun(bus, 'old');
    await untilEventsSettled(database);
    const told: string[] = [];
    bus.subscribe('run.finished', 'newcomer', async (event) => void told.push(event.payload.runId));
    await bus.start();
    await finishRun(bus, 'new');
    await bus.idle();
    assert.deepEqual(told, ['new']);
    await bus.stop();
  });

  it('lists the recent events of one workspace, and those behind a known one', async () => {
    const bus = makeBus();
    const mine = { ...context, workspace: 'ws_recent' };
    for (const id of ['1', '2', '3', '4']) await finishRun(bus, id, mine);
    await finishRun(bus, 'foreign', { ...context, workspace: 'ws_other' });
    const names = (events: readonly EsteiraEvent[]) =>
      events.map((event) => 'runId' in event.payload && event.payload.runId);
    await untilEventsSettled(database);
    const newest = await bus.recent('ws_recent', { limit: 2 });
    assert.deepEqual(names(newest), ['3', '4']);
    const [third] = newest;
    assert.deepEqual(names(await bus.recent('ws_recent', { after: third?.id ?? '', limit: 10 })), ['4']);
    assert.deepEqual(await bus.recent('ws_other', { after: third?.id ?? '', limit: 10 }), []);
  });

  it('refuses two subscribers of one name', () => {
    const bus = makeBus();
    bus.subscribe('run.finished', 'twin', async () => {});
    assert.throws(() => bus.subscribe('endpoint.changed', 'twin', async () => {}), /twin/);
  });

  it('forgets what is old and behind every subscriber, and counts on behind the newest', async () => {
    const alone = await openTestDatabase();
    const clock = { time: 1_000_000, now: () => clock.time };
    const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
    const bus = createEventBus({ database: alone, clock, ids, logger: silentLogger, retryDelay: () => 1 });
    const told: string[] = [];
    let refusing = true;
    bus.subscribe('run.finished', 'forgetting', async (event) => {
      if (refusing && event.payload.runId === 'three') throw new Error('not yet');
      told.push(event.payload.runId);
    });
    const finish = (runId: string) =>
      alone.transaction((tx) => bus.emit(tx, context, 'run.finished', { runId, status: 'done' }));
    await bus.start();
    for (const id of ['one', 'two', 'three', 'four']) await finish(id);
    while (told.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    const all = async () => {
      await untilEventsSettled(alone);
      return bus.recent('ws_1', { limit: 10 });
    };
    const never = new AbortController().signal;
    clock.time += 1;
    assert.equal(await bus.forget(clock.time - 1, never), 0);
    assert.equal(await bus.forget(clock.time, never), 2);
    assert.equal((await all()).length, 2);
    refusing = false;
    await bus.idle();
    assert.equal(await bus.forget(clock.time, never), 1);
    assert.equal((await all()).length, 1);
    await finish('five');
    await bus.idle();
    assert.deepEqual(told, ['one', 'two', 'three', 'four', 'five']);
    await bus.stop();
    await alone.close();
  });
});
