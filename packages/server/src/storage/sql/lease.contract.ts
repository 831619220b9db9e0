import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { silentLogger } from '../../kernel/logger.ts';
import { createLeases, type HeldLease, LeaseLost, type Leases } from './lease.ts';
import { listLeases } from './lease-store.ts';
import type { SqlDatabase } from './sql-database.ts';

/** What leases must keep on every SQL engine. `open` gives a database with the whole schema, closed by the suite. */
export function leasesContract(engine: string, open: () => Promise<SqlDatabase>): void {
  describe(`leases on ${engine}`, () => {
    let database: SqlDatabase;
    const clock = { time: 1_000_000, now: () => clock.time };
    const open_: Leases[] = [];
    before(async () => {
      database = await open();
    });
    after(async () => {
      await Promise.all(open_.map((leases) => leases.stop()));
      await database.close();
    });

    function makeLeases(
      owner: string,
      timing: { lease?: number; renew?: number; poll?: number } = {},
    ): Leases {
      const leases = createLeases({
        database,
        clock,
        logger: silentLogger,
        owner,
        timing: { poll: 5, renew: 5, ...timing },
      });
      open_.push(leases);
      return leases;
    }

    /** Work that goes on until it is told to stop; `begun` resolves each time it begins. */
    function makeWork() {
      let { promise, resolve } = Promise.withResolvers<HeldLease>();
      const ended: unknown[] = [];
      return {
        ended,
        begun: () => promise,
        forget: () => ({ promise, resolve } = Promise.withResolvers<HeldLease>()),
        async run(held: HeldLease): Promise<void> {
          resolve(held);
          await new Promise<void>((end) =>
            held.signal.addEventListener('abort', () => end(), { once: true }),
          );
          ended.push(held.signal.reason);
        },
      };
    }

    it('lets one of two replicas work, and the other as soon as it is given back', async () => {
      const [first, second] = [makeWork(), makeWork()];
      const a = makeLeases('rep_a:1').hold('handed-over', first.run);
      await a.asked;
      const one = await first.begun();
      const b = makeLeases('rep_b:1').hold('handed-over', second.run);
      await b.asked;
      assert.equal((await listLeases(database)).find(({ name }) => name === 'handed-over')?.owner, 'rep_a:1');
      await a.stop();
      const two = await second.begun();
      assert.ok(one.signal.aborted);
      assert.ok(!two.signal.aborted);
      assert.ok(two.fence > one.fence);
    });

    it('goes to another when its holder gives no sign of life, and the old holder learns that it lost', async () => {
      const [frozen, heir] = [makeWork(), makeWork()];
      const a = makeLeases('rep_a:1', { renew: 1e9 }).hold('inherited', frozen.run);
      await a.asked;
      const one = await frozen.begun();
      const b = makeLeases('rep_b:1').hold('inherited', heir.run);
      await b.asked;
      clock.time += 15_001;
      const two = await heir.begun();
      assert.ok(two.fence > one.fence);
      await assert.rejects(
        database.transaction((tx) => one.guard(tx)),
        LeaseLost,
      );
      await database.transaction((tx) => two.guard(tx));
    });

    it('stops the work of a holder that finds another one in its place', async () => {
      const work = makeWork();
      const a = makeLeases('rep_a:1').hold('taken', work.run);
      await a.asked;
      const held = await work.begun();
      await database.transaction(async (tx) => {
        await tx
          .query<{ leases: { name: string; owner: string; fence: number } }>()
          .updateTable('leases')
          .set({ owner: 'rep_z:1', fence: held.fence + 1 })
          .where('name', '=', 'taken')
          .execute();
      });
      await new Promise<void>((end) => held.signal.addEventListener('abort', () => end(), { once: true }));
      assert.ok(held.signal.reason instanceof LeaseLost);
      assert.equal((await listLeases(database)).find(({ name }) => name === 'taken')?.owner, 'rep_z:1');
    });

    it('passes at once to the next process of the same replica', async () => {
      const [killed, restarted] = [makeWork(), makeWork()];
      await makeLeases('rep_c:1', { renew: 1e9 }).hold('restarted', killed.run).asked;
      await killed.begun();
      await makeLeases('rep_c:2').hold('restarted', restarted.run).asked;
      assert.equal((await restarted.begun()).fence, (await killed.begun()).fence + 1);
    });

    it('is never in two hands, however many ask at the same time', async () => {
      const works = Array.from({ length: 5 }, makeWork);
      const holds = works.map((work, at) => makeLeases(`rep_r${at}:1`).hold('raced', work.run));
      await Promise.all(holds.map(({ asked }) => asked));
      const settled = await Promise.all(
        works.map(({ begun }) => Promise.race([begun(), new Promise<void>((end) => setImmediate(end))])),
      );
      assert.equal(settled.filter((held) => held !== undefined && !held.signal.aborted).length, 1);
    });

    it('begins the work anew after it has failed', async () => {
      let runs = 0;
      const { promise, resolve } = Promise.withResolvers<void>();
      makeLeases('rep_d:1').hold('failing', async ({ signal }) => {
        if (++runs === 1) throw new Error('once');
        resolve();
        await new Promise<void>((end) => signal.addEventListener('abort', () => end(), { once: true }));
      });
      await promise;
      assert.equal(runs, 2);
    });
  });
}
