import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NodeRef } from '@esteira/contracts';
import { assertNotHeld } from './legal-holds.ts';
import { day, openRetentionFixture } from './retention.fixture.ts';

const reason = 'an inquiry of the regulator';

describe('legal holds', () => {
  let house: Awaited<ReturnType<typeof openRetentionFixture>>;
  before(async () => {
    house = await openRetentionFixture();
    await house.retention.policies.set(house.owner, { kind: 'trained-models', project: null, days: 30 });
  });
  after(() => house.close());

  async function link(from: NodeRef, to: NodeRef): Promise<void> {
    await house.sql.transaction((tx) =>
      house.governance.lineage.link(tx, house.owner, { from, to, relation: 'made-from' }),
    );
  }

  it('keep what they name, what lies in it and what it was made from, until somebody else releases them', async () => {
    const old = house.time.now - 100 * day;
    const { digest } = await house.put('a model under examination');
    const content = [{ digest, type: 'file' }] as const;
    house.things.set('tm_named', { id: 'tm_named', at: old, content });
    house.things.set('tm_origin', { id: 'tm_origin', at: old, content: [] });
    house.things.set('tm_within', {
      id: 'tm_within',
      at: old,
      content: [],
      within: [{ kind: 'project', id: 'loans' }],
    });
    house.things.set('tm_free', { id: 'tm_free', at: old, content: [] });
    await link({ kind: 'trained-model', id: 'tm_origin' }, { kind: 'evaluation', id: 'ev_1' });
    await link({ kind: 'evaluation', id: 'ev_1' }, { kind: 'trained-model', id: 'tm_named' });
    const hold = await house.holds.place(house.owner, {
      reason,
      subjects: [
        { kind: 'trained-model', id: 'tm_named' },
        { kind: 'project', id: 'loans' },
      ],
    });
    const report = await house.collect();
    assert.deepEqual(
      report.removed.map(({ things }) => things),
      [1],
    );
    assert.deepEqual(
      report.kept.map(({ because, things }) => [because, things]),
      [['legal-hold', 3]],
    );
    assert.deepEqual([...house.things.keys()], ['tm_named', 'tm_origin', 'tm_within']);

    await assert.rejects(house.holds.release(house.owner, hold.id, 'it is over, I say'), {
      code: 'LEGAL_HOLD_OWN',
    });
    const other = await house.contextWith('admin');
    const released = await house.holds.release(other, hold.id, 'the inquiry has ended');
    assert.equal(released.releasedBy, other.actor.id);
    await assert.rejects(house.holds.release(other, hold.id, 'and once more'), {
      code: 'LEGAL_HOLD_RELEASED',
    });
    assert.deepEqual(
      (await house.collect()).removed.map(({ things }) => things),
      [3],
    );
    assert.ok(await house.has(digest), 'its content waits for the grace period');
    house.time.now += 2 * day;
    const freed = await house.collect();
    assert.deepEqual(freed.freed, [
      { workspace: 'default', kind: 'trained-models', because: 'retention', blobs: 1, bytes: 25 },
    ]);
    const actions = await house.audit.list('default', { subjectKind: 'legal-hold' }, { limit: 9 });
    assert.deepEqual(
      actions.items.map(({ action }) => action),
      ['governance.legal-hold.released', 'governance.legal-hold.placed'],
    );
  });

  it('cannot be placed on what is gone, nor can anything be made from it', async () => {
    const subject = { kind: 'trained-model', id: 'tm_free' } as const;
    await assert.rejects(house.holds.place(house.owner, { reason, subjects: [subject] }), {
      code: 'THING_REMOVED',
    });
    await assert.rejects(link(subject, { kind: 'evaluation', id: 'ev_late' }), { code: 'THING_REMOVED' });
  });

  it('cover what they were made from, also where a thing is deleted by hand', async () => {
    const subjects = [{ kind: 'model-version', id: 'mv_held' } as const];
    await link({ kind: 'run', id: 'run_a' }, { kind: 'model-version', id: 'mv_held' });
    await link({ kind: 'model-version', id: 'mv_held' }, { kind: 'endpoint', id: 'live' });
    await link({ kind: 'endpoint', id: 'live' }, { kind: 'dataset-version', id: 'dsv_fed' });
    await house.holds.place(house.owner, { reason, subjects });
    const check = (id: string, kind: 'run' | 'dataset-version') =>
      assertNotHeld(house.sql, 'default', { kind, id }, []);
    await assert.rejects(check('run_a', 'run'), { code: 'LEGAL_HOLD' });
    await check('run_b', 'run');
    await check('dsv_fed', 'dataset-version');
    await assertNotHeld(house.sql, 'elsewhere', { kind: 'run', id: 'run_a' }, []);
  });

  it('are placed by nobody without the right', async () => {
    const subjects = [{ kind: 'project', id: 'p' } as const];
    await assert.rejects(house.holds.place(house.engineer, { reason, subjects }), { code: 'FORBIDDEN' });
  });
});
