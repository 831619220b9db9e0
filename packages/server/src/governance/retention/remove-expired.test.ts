import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { day, openRetentionFixture } from './retention.fixture.ts';

describe('what policies no longer keep', () => {
  let house: Awaited<ReturnType<typeof openRetentionFixture>>;
  before(async () => {
    house = await openRetentionFixture();
  });
  after(() => house.close());

  function add(id: string, daysAgo: number, kept?: 'newest'): void {
    const at = house.time.now - daysAgo * day;
    house.things.set(id, { id, at, content: [], ...(kept === undefined ? {} : { kept }) });
  }

  it('stays for ever without a policy', async () => {
    add('tm_ancient', 20_000);
    const report = await house.collect();
    assert.deepEqual([report.removed, report.kept], [[], []]);
    house.things.clear();
  });

  it('is removed when its days are over, and not while it is in use; a dry run says the same', async () => {
    await house.retention.policies.set(house.owner, { kind: 'trained-models', project: null, days: 30 });
    for (let number = 0; number < 7; number++) add(`tm_over_${number}`, 31);
    add('tm_young', 29);
    add('tm_newest', 300, 'newest');
    add('tm_registered', 300);
    add('tm_source', 300);
    house.inUse.set('tm_registered', 'registered');
    await house.sql.transaction((tx) =>
      house.governance.lineage.link(tx, house.owner, {
        from: { kind: 'trained-model', id: 'tm_source' },
        to: { kind: 'trained-model', id: 'tm_registered' },
        relation: 'distilled-from',
      }),
    );
    const planned = await house.collect(true);
    assert.equal(house.things.size, 11, 'a dry run changes nothing');
    const report = await house.collect();
    assert.deepEqual(report, { ...planned, dryRun: false });
    assert.deepEqual(report.removed, [
      { workspace: 'default', kind: 'trained-models', project: null, days: 30, things: 7, bytes: 70 },
    ]);
    assert.deepEqual(
      report.kept.map(({ because, things }) => [because, things]),
      [
        ['newest', 1],
        ['registered', 2],
      ],
    );
    assert.deepEqual([...house.things.keys()].sort(), [
      'tm_newest',
      'tm_registered',
      'tm_source',
      'tm_young',
    ]);
    assert.deepEqual((await house.collect()).removed, []);
  });

  it('leaves its place in the lineage, and a row in the audit log with its digests', async () => {
    house.things.clear();
    house.inUse.clear();
    const { digest } = await house.put('an old model');
    house.things.set('tm_audited', { id: 'tm_audited', at: 0, content: [{ digest, type: 'file' }] });
    await house.sql.transaction((tx) =>
      house.governance.lineage.link(tx, house.owner, {
        from: { kind: 'run', id: 'run_1' },
        to: { kind: 'trained-model', id: 'tm_audited' },
        relation: 'produced',
      }),
    );
    await house.collect();
    const graph = await house.governance.lineage.upstream('default', {
      kind: 'trained-model',
      id: 'tm_audited',
    });
    assert.deepEqual(graph.nodes.map(({ id }) => id).sort(), ['run_1', 'tm_audited']);
    const [entry] = (
      await house.audit.list('default', { action: 'governance.retention.removed' }, { limit: 1 })
    ).items;
    assert.match(JSON.stringify(entry?.details), new RegExp(digest));
  });

  it('is kept as long as a change counts that rests on it, and a job works on it', async () => {
    house.things.clear();
    const { ids } = house.deps;
    const named = ids.next('tm');
    const atWork = ids.next('tm');
    add(named, 300);
    add(atWork, 300);
    const subject = { project: named, day: '2026-01-01', amount: 1, reason: 'a change that names it' };
    await house.governance.changes.request(house.owner, { kind: 'governance.spend', subject });
    const end = Promise.withResolvers<void>();
    house.jobs.register('test.uses', async () => {
      await end.promise;
      return null;
    });
    const job = await house.sql.transaction((tx) =>
      house.jobs.enqueue(tx, house.owner, { kind: 'test.uses', payload: { model: atWork } }),
    );
    const report = await house.collect();
    assert.deepEqual(report.kept.map(({ because, things }) => [because, things]).sort(), [
      ['change-evidence', 1],
      ['in-use', 1],
    ]);
    end.resolve();
    await house.jobs.wait('default', job);
    assert.deepEqual(
      (await house.collect()).removed.map(({ things }) => things),
      [1],
    );
    assert.deepEqual([...house.things.keys()], [named]);
  });
});
