import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { LimitSpec, Slice, SliceRequest } from '@esteira/model-server/leased-limits';
import fc from 'fast-check';
import type { LimitStore } from './limit-store.ts';

const budget: LimitSpec = { perSecond: 0, capacity: 100 };

/** What every engine of shared limits must keep. Everything here runs in less than a lease lasts. */
export function limitStoreContract(engine: string, open: () => Promise<LimitStore>): void {
  describe(`the port of shared limits on ${engine}`, () => {
    let store: LimitStore;
    before(async () => {
      store = await open();
    });
    after(() => store.close());

    async function ask(
      scope: string,
      holder: string,
      asked: Partial<SliceRequest> & { wanted: number },
    ): Promise<Slice> {
      const base = { limit: 'l', spec: budget, left: 0, returned: 0, least: 1, known: false };
      const { slices } = await store.exchange(scope, holder, [{ ...base, ...asked }]);
      return slices[0] ?? assert.fail();
    }

    it('gives what is asked for while there is enough, and says when there is not', async () => {
      const scope = randomUUID();
      assert.deepEqual(await ask(scope, 'a', { wanted: 60 }), { limit: 'l', kept: 0, extra: 60, waitMs: 0 });
      assert.equal((await ask(scope, 'b', { wanted: 60 })).extra, 40);
      assert.deepEqual(await ask(scope, 'c', { wanted: 1 }), { limit: 'l', kept: 0, extra: 0, waitMs: null });
      const scarce = { wanted: 1, limit: 'slow', spec: { perSecond: 0.01, capacity: 1 } };
      assert.equal((await ask(scope, 'a', scarce)).extra, 1);
      const { extra, waitMs } = await ask(scope, 'b', scarce);
      assert.equal(extra, 0);
      assert.ok(waitMs !== null && waitMs > 90_000 && waitMs <= 100_000);
    });

    it('takes back what is returned, and no more than was given', async () => {
      const scope = randomUUID();
      await ask(scope, 'a', { wanted: 60 });
      assert.equal((await ask(scope, 'a', { left: 10, returned: 30, wanted: 10 })).kept, 10);
      assert.equal((await ask(scope, 'b', { wanted: 100 })).extra, 70);
      await ask(scope, 'a', { left: 0, returned: 5_000, wanted: 0 });
      assert.equal((await ask(scope, 'c', { wanted: 100, least: 0.5 })).extra, 10);
      assert.deepEqual(await ask(scope, 'd', { left: 50, returned: 50, wanted: 50 }), {
        limit: 'l',
        kept: 0,
        extra: 0,
        waitMs: null,
      });
    });

    it('leaves an equal share to each of those who did not get what they wanted', async () => {
      const scope = randomUUID();
      await ask(scope, 'a', { wanted: 100 });
      assert.equal((await ask(scope, 'b', { wanted: 100 })).extra, 0);
      assert.equal((await ask(scope, 'c', { wanted: 100 })).extra, 0);
      await ask(scope, 'a', { left: 0, returned: 90, wanted: 0 });
      assert.equal((await ask(scope, 'b', { wanted: 100 })).extra, 45);
      assert.equal((await ask(scope, 'c', { wanted: 100 })).extra, 45);
    });

    it('follows a limit that is raised or lowered', async () => {
      const scope = randomUUID();
      await ask(scope, 'a', { wanted: 100 });
      assert.equal((await ask(scope, 'b', { wanted: 10 })).extra, 0);
      assert.equal((await ask(scope, 'b', { wanted: 100, spec: { perSecond: 0, capacity: 150 } })).extra, 50);
      assert.equal((await ask(scope, 'c', { wanted: 1, spec: budget })).extra, 0);
    });

    it('begins a limit that was forgotten empty for who has held of it', async () => {
      assert.equal((await ask(randomUUID(), 'a', { wanted: 10, known: true, left: 5 })).extra, 0);
      assert.equal((await ask(randomUUID(), 'a', { wanted: 10, known: true, left: 5 })).kept, 0);
    });

    it('counts the holders of a scope', async () => {
      const scope = randomUUID();
      assert.equal((await store.exchange(scope, 'a', [])).holders, 1);
      assert.equal((await store.exchange(scope, 'b', [])).holders, 2);
      assert.equal((await store.exchange(scope, 'b', [])).holders, 2);
      await store.leave(scope, 'a');
      assert.equal((await store.exchange(scope, 'b', [])).holders, 1);
    });

    it('gives nothing twice to holders that ask at the same time', async () => {
      const scope = randomUUID();
      const slices = await Promise.all(
        Array.from({ length: 40 }, (_, index) => ask(scope, `h${index}`, { wanted: 7, least: 7 })),
      );
      const given = slices.reduce((sum, slice) => sum + slice.extra, 0);
      assert.equal(given, 98);
    });

    it('never has more out than the limit allows, whatever is asked and returned', async () => {
      const amount = fc.integer({ min: 0, max: 80 }).map((tenths) => tenths / 2);
      const asked = fc.record({
        holder: fc.constantFrom('a', 'b', 'c'),
        keep: fc.double({ min: 0, max: 1, noNaN: true }),
        wanted: amount,
        least: amount.map((least) => Math.max(0.5, least)),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(asked, { maxLength: 25 }), async (exchanges) => {
          const scope = randomUUID();
          const held = new Map<string, number>();
          for (const { holder, keep, wanted, least } of exchanges) {
            const before = held.get(holder) ?? 0;
            const left = Math.min(before * keep, wanted);
            const request = { left, returned: before - left, wanted, least, known: true };
            if (held.size === 0) await ask(scope, holder, { wanted: 0 });
            const { kept, extra } = await ask(scope, holder, request);
            held.set(holder, kept + extra);
            assert.ok(kept <= left + 1e-9 && extra >= 0 && kept + extra <= Math.max(wanted, left) + 1e-9);
            let out = 0;
            for (const share of held.values()) out += share;
            assert.ok(out <= budget.capacity + 1e-6, `${out} out of ${budget.capacity}`);
          }
          for (const holder of held.keys())
            await ask(scope, holder, { returned: held.get(holder) ?? 0, wanted: 0 });
          const all = await ask(scope, 'z', { wanted: 100, least: 0 });
          assert.ok(Math.abs(all.extra - budget.capacity) < 1e-6, `${all.extra} came back`);
        }),
        { numRuns: 30 },
      );
    });
  });
}
