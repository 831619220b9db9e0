import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaseMs, slackSeconds } from '@esteira/model-server/leased-limits';
import fc from 'fast-check';
import { type Bucket, grantSlice } from './grant-slice.ts';

interface Holder {
  tokens: number;
  validUntil: number;
}

const action = fc.record({
  kind: fc.constantFrom('pass', 'exchange', 'use'),
  holder: fc.constantFrom('a', 'b', 'c'),
  share: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  ms: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 3_000 })),
  wanted: fc.double({ min: 0, max: 2, noNaN: true }),
});

test('no window of time sees more than the limit and its slack, whatever holders hoard, use at once or never report', () => {
  fc.assert(
    fc.property(
      fc.constantFrom({ perSecond: 100, capacity: 20 }, { perSecond: 10, capacity: 40 }),
      fc.array(action, { maxLength: 80, size: 'max' }),
      (spec, actions) => {
        const holders = new Map<string, Holder>();
        const uses: { at: number; amount: number }[] = [];
        let bucket: Bucket | undefined;
        let now = 1_000_000;
        for (const { kind, holder: name, share, ms, wanted } of actions) {
          const holder = holders.get(name) ?? { tokens: 0, validUntil: now };
          holders.set(name, holder);
          if (now >= holder.validUntil) holder.tokens = 0;
          if (kind === 'pass') now += ms;
          if (kind === 'use') {
            uses.push({ at: now, amount: holder.tokens * share });
            holder.tokens -= holder.tokens * share;
          }
          if (kind === 'exchange') {
            const left = holder.tokens * share;
            const granted = grantSlice(
              bucket,
              name,
              {
                limit: 'l',
                spec,
                left,
                returned: holder.tokens - left,
                wanted: wanted * spec.capacity,
                least: 0,
                known: false,
              },
              now,
            );
            bucket = granted.bucket;
            holder.tokens = granted.slice.kept + granted.slice.extra;
            holder.validUntil = now + leaseMs(spec);
          }
        }
        const most = spec.capacity + spec.perSecond * slackSeconds + 1e-6;
        for (const [first, from] of uses.entries()) {
          let used = 0;
          for (const { at, amount } of uses.slice(first)) {
            used += amount;
            const allowed = most + (spec.perSecond * (at - from.at)) / 1000;
            assert.ok(used <= allowed, `${used} used where ${allowed} was allowed`);
          }
        }
      },
    ),
    { numRuns: 600, seed: 20260104 },
  );
});

test('a clock that had run ahead does not stop a limit', () => {
  const request = {
    ...{ limit: 'l', spec: { perSecond: 10, capacity: 10 }, left: 0, returned: 0 },
    ...{ wanted: 10, least: 1, known: false },
  };
  const ahead = grantSlice(undefined, 'a', request, 600_000);
  assert.equal(grantSlice(ahead.bucket, 'b', request, 0).slice.extra, 0);
  const after = grantSlice(ahead.bucket, 'b', request, 0);
  assert.equal(grantSlice(after.bucket, 'b', request, 1_000).slice.extra > 0, true);
});
