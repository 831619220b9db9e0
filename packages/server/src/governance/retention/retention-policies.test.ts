import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonValue } from '@esteira/contracts';
import fc from 'fast-check';
import { isShorter, keptDays, shortestDays } from './kept-days.ts';
import { openRetentionFixture } from './retention.fixture.ts';

const kind = 'runs' as const;
const days = fc.option(fc.integer({ min: 1, max: 5000 }), { nil: null });

describe('retention policies', () => {
  let house: Awaited<ReturnType<typeof openRetentionFixture>>;
  before(async () => {
    house = await openRetentionFixture();
  });
  after(() => house.close());

  it('keep everything for ever until somebody sets something', async () => {
    const policies = await house.retention.policies.list('default');
    assert.ok(policies.length >= 10);
    for (const policy of policies) assert.equal(policy.days, null, policy.kind);
  });

  it('are set for the workspace, for a project, and taken back, on the record', async () => {
    const { policies } = house.retention;
    await policies.set(house.owner, { kind, project: null, days: 90 });
    const own = await policies.set(house.owner, { kind, project: 'flights', days: 400 });
    assert.deepEqual([own.days, own.updatedBy], [400, house.owner.actor.id]);
    const back = await policies.takeBack(house.owner, { kind, project: 'flights' });
    assert.equal(back.days, 90);
    await policies.takeBack(house.owner, { kind, project: null });
    const entries = await house.audit.list('default', { action: 'governance.retention.set' }, { limit: 10 });
    assert.equal(entries.items.length, 4);
    assert.deepEqual(entries.items.at(-1)?.details, { project: null, days: 90, before: null });
  });

  it('are set by nobody without the right', async () => {
    const attempt = house.retention.policies.set(house.engineer, { kind, project: null, days: 1 });
    await assert.rejects(attempt, { code: 'FORBIDDEN' });
  });

  it('of predictions and of evidence are not shortened without a change, nor below their minimum', async () => {
    const { policies } = house.retention;
    for (const kept of ['predictions', 'change-evidence'] as const) {
      const set = (next: number | null) =>
        policies.set(house.owner, { kind: kept, project: null, days: next });
      await assert.rejects(set(365), { code: 'RETENTION_NEEDS_CHANGE' });
      await assert.rejects(set(179), { code: 'RETENTION_BELOW_MINIMUM' });
      assert.equal((await set(null)).days, null);
    }
  });

  it('are shortened by a change that somebody else consents to, and lengthened by anybody who may', async () => {
    const { changes } = house.governance;
    const subject: JsonValue = {
      kind: 'predictions',
      project: null,
      days: 365,
      reason: 'the logs cost more than they tell',
      asOf: house.time.now,
    };
    const planned = await changes.request(house.owner, { kind: 'retention.shorten', subject });
    assert.equal(planned.state, 'awaiting-approval');
    assert.match(planned.plan.blastRadius, /Keep predictions of every project.*365 days; 0\.0 MB in 0 files/);
    const consent = { digest: planned.digest, comment: 'agreed' };
    await assert.rejects(changes.approve(house.owner, planned.id, consent), {
      code: 'APPROVAL_OF_OWN_CHANGE',
    });
    // A day goes by: the plan is still the one consented to.
    house.time.now += 86_400_000;
    await changes.approve(house.approver, planned.id, consent);
    await changes.apply(house.owner, planned.id);
    assert.equal((await changes.wait('default', planned.id)).state, 'succeeded');
    const { policies } = house.retention;
    const stored = (await policies.list('default')).find((policy) => policy.kind === 'predictions');
    assert.equal(stored?.days, 365);
    await assert.rejects(policies.set(house.owner, { kind: 'predictions', project: 'p', days: 200 }), {
      code: 'RETENTION_NEEDS_CHANGE',
    });
    const longer = await policies.set(house.owner, { kind: 'predictions', project: 'p', days: 1000 });
    assert.equal(longer.days, 1000);
    await assert.rejects(policies.takeBack(house.owner, { kind: 'predictions', project: 'p' }), {
      code: 'RETENTION_NEEDS_CHANGE',
    });
    assert.equal((await policies.takeBack(house.owner, { kind: 'predictions', project: null })).days, null);
  });

  it('below the minimum are no subject of a change either', async () => {
    const subject = { kind: 'predictions', days: 30, reason: 'no need for any of it', asOf: 0 };
    const attempt = house.governance.changes.request(house.owner, { kind: 'retention.shorten', subject });
    await assert.rejects(attempt, { code: 'INVALID_REQUEST' });
  });
});

it('a project follows its own policy, else that of the workspace, and none is shorter than the shortest', () => {
  fc.assert(
    fc.property(days, fc.option(days, { nil: undefined }), (wide, own) => {
      const policies = [
        { kind, project: null, days: wide },
        ...(own === undefined ? [] : [{ kind, project: 'p', days: own }]),
      ];
      assert.equal(keptDays(policies, kind, 'p'), own === undefined ? wide : own);
      assert.equal(keptDays(policies, kind, 'other'), wide);
      const shortest = shortestDays(policies, kind);
      for (const project of ['p', 'other']) {
        const kept = keptDays(policies, kind, project);
        assert.ok(kept === null || (shortest !== null && shortest <= kept));
      }
    }),
  );
});

it('keeping for ever is longer than any number of days, and nothing is shorter than itself', () => {
  fc.assert(
    fc.property(days, days, (current, next) => {
      const length = (value: number | null) => value ?? Number.POSITIVE_INFINITY;
      assert.equal(isShorter(current, next), length(next) < length(current));
    }),
  );
});
