import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployment, openGovernanceFixture } from '../governance.fixture.ts';
import { estimateCost } from './cost-estimate.ts';

describe('the cost ledger', () => {
  it('prices what was used and sums it by kind, project and day', async () => {
    const fixture = await openGovernanceFixture();
    const { costs } = fixture.governance;
    await spend(fixture, { kind: 'training', project: 'flight-delays', cpuSeconds: 3600 });
    await spend(fixture, { kind: 'tuning', project: 'flight-delays', cpuSeconds: 7200 });
    fixture.time.now += 86_400_000;
    await spend(fixture, { kind: 'storage', cpuSeconds: 0, bytes: 5e9 });
    const all = await costs.total('default', {});
    assert.equal(all.currency, 'USD');
    near(all.total.amount, 0.04 + 0.08 + 0.1);
    assert.deepEqual(all.byKind.map(({ kind }) => kind).sort(), ['storage', 'training', 'tuning']);
    assert.deepEqual(
      all.byDay.map(({ day }) => day),
      ['2026-01-01', '2026-01-02'],
    );
    near((await costs.total('default', { project: 'flight-delays' })).total.cpuSeconds, 10_800);
    near((await costs.total('default', { from: fixture.time.now })).total.amount, 0.1);
    assert.equal((await costs.total('another', {})).total.amount, 0);
    const [newest] = await costs.records('default', { limit: 1 });
    assert.equal(newest?.kind, 'storage');
    await fixture.close();
  });

  it('takes nothing negative', async () => {
    const fixture = await openGovernanceFixture();
    await assert.rejects(spend(fixture, { kind: 'training', cpuSeconds: -1 }), RangeError);
    await fixture.close();
  });

  it('estimates with the same prices', () => {
    const rates = { currency: 'USD', pricePerCpuHour: 0.04, pricePerGigabyteMonth: 0.02 };
    const estimate = estimateCost(rates, { cpuSeconds: 1800, storageBytes: 1e9 });
    assert.deepEqual(estimate, { cpuSeconds: 1800, storageBytes: 1e9, amount: 0.04, currency: 'USD' });
  });
});

describe('consent to spending', () => {
  it('is a change of its own; spending without it stands in the way of deployment', async () => {
    const fixture = await openGovernanceFixture();
    const { costs, changes, policies } = fixture.governance;
    const { engineer, approver } = fixture;
    await fixture.jobs.start();
    const failed = async () => {
      const report = await policies.evaluate(engineer, deployment, 'plan');
      return report.rules.filter((rule) => rule.verdict === 'fail').map((rule) => rule.id);
    };
    near(await costs.remaining('default', 'flight-delays'), 50);
    const subject = {
      project: 'flight-delays',
      day: '2026-01-01',
      amount: 30,
      reason: 'a wide search space',
    };
    const planned = await changes.request(engineer, { kind: 'governance.spend', subject });
    assert.equal(planned.state, 'awaiting-approval');
    await changes.approve(approver, planned.id, { digest: planned.digest, comment: '' });
    await changes.apply(engineer, planned.id);
    const done = await changes.wait('default', planned.id);
    assert.deepEqual([done.state, done.reason], ['succeeded', '']);
    near(await costs.remaining('default', 'flight-delays'), 80);

    fixture.time.now += 1000;
    await spend(fixture, { kind: 'training', project: 'flight-delays', cpuSeconds: (70 / 0.04) * 3600 });
    near(await costs.remaining('default', 'flight-delays'), 10);
    assert.deepEqual(await failed(), []);
    await spend(fixture, { kind: 'tuning', project: 'flight-delays', cpuSeconds: (20 / 0.04) * 3600 });
    assert.equal(await costs.remaining('default', 'flight-delays'), 0);
    assert.ok((await failed()).includes('T10'));
    await fixture.close();
  });
});

type Fixture = Awaited<ReturnType<typeof openGovernanceFixture>>;
type Spent = Omit<Parameters<Fixture['governance']['costs']['record']>[2], 'subject'>;

function spend(fixture: Fixture, entry: Spent): Promise<void> {
  const subject = { kind: 'run', id: 'run_1' } as const;
  return fixture.sql.transaction((tx) =>
    fixture.governance.costs.record(tx, fixture.engineer, { ...entry, subject }),
  );
}

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);
}
