import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardRetraining, type RetrainingFacts } from './retraining-guards.ts';

const hour = 3_600_000;
const now = 1_000 * hour;
const policy = {
  enabled: true,
  triggers: ['drift' as const, 'manual' as const],
  cooldown: 'P1D',
  maxRunsPerDay: 2,
  minFreshLabels: 100,
  costCap: 5,
};
const facts: RetrainingFacts = {
  now,
  trigger: 'drift',
  runningId: null,
  lastStartedAt: now - 25 * hour,
  startsToday: 1,
  freshLabels: 100,
  spentToday: 4.99,
  currency: 'USD',
  ownerMayRun: true,
};

test('a retraining starts when no guard stops it, the first one too', () => {
  assert.equal(guardRetraining(policy, facts), undefined);
  assert.equal(guardRetraining(policy, { ...facts, lastStartedAt: null, startsToday: 0 }), undefined);
});

const cases: readonly [
  name: string,
  guard: string,
  changed: Partial<typeof policy>,
  found: Partial<RetrainingFacts>,
][] = [
  ['a policy that is switched off', 'disabled', { enabled: false }, {}],
  ['a trigger the policy does not name', 'trigger', {}, { trigger: 'performance' }],
  ['an owner who may not run pipelines', 'owner', {}, { ownerMayRun: false }],
  ['a retraining under way', 'single-flight', {}, { runningId: 'rt_1' }],
  ['a start within the cooldown', 'cooldown', {}, { lastStartedAt: now - 24 * hour + 1 }],
  ['as many starts as a day may have', 'max-runs-per-day', {}, { startsToday: 2 }],
  ['one fresh label too few', 'min-fresh-labels', {}, { freshLabels: 99 }],
  ['money that is spent', 'cost-cap', {}, { spentToday: 5 }],
];

for (const [name, guard, changed, found] of cases) {
  test(`${name} stops it, and the reason is told`, () => {
    const skipped = guardRetraining({ ...policy, ...changed }, { ...facts, ...found });
    assert.equal(skipped?.guard, guard);
    assert.ok((skipped?.reason.length ?? 0) > 10);
  });
}

test('the cooldown is over exactly when it is over', () => {
  assert.equal(guardRetraining(policy, { ...facts, lastStartedAt: now - 24 * hour }), undefined);
});
