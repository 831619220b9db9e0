import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChangePlan, GateRuleReport } from '@esteira/contracts';
import { planDifferences, planDigest } from './change-plan.ts';

const rule: GateRuleReport = {
  id: 'D04',
  title: 'Latency',
  verdict: 'pass',
  evidence: { p95Ms: 3 },
  reason: '3 ms',
  todo: '',
};
const plan: ChangePlan = {
  current: { version: 'mv_1', traffic: { primary: 1 } },
  steps: [{ name: 'canary', title: 'Canary', details: { share: 0.1 } }],
  gates: { policy: 'default@1', digest: 'sha256:pp', moment: 'plan', passed: true, rules: [rule] },
  cost: { cpuSeconds: 60, storageBytes: 0, amount: 1, currency: 'USD' },
  blastRadius: 'one endpoint',
  approvalsRequired: 1,
};
const change = {
  id: 'chg_1',
  kind: 'serving.promote',
  subject: { endpoint: 'x', to: 2 },
  expiresAt: 100,
  plan,
};

describe('the digest of a plan', () => {
  it('does not depend on the order of keys', () => {
    const subject = { to: 2, endpoint: 'x' };
    assert.equal(planDigest({ ...change, subject }), planDigest(change));
  });

  it('changes with everything consent is about', () => {
    const variants = [
      change,
      { ...change, id: 'chg_2' },
      { ...change, subject: { endpoint: 'y', to: 2 } },
      { ...change, expiresAt: 101 },
      ...[
        { current: { version: 'mv_0' } },
        { steps: [] },
        { blastRadius: 'all endpoints' },
        { approvalsRequired: 0 },
        { cost: { ...plan.cost, amount: 2 } },
        { gates: gatesWith({ verdict: 'waived' }) },
        { gates: null },
      ].map((part) => ({ ...change, plan: { ...plan, ...part } })),
    ];
    assert.equal(new Set(variants.map(planDigest)).size, variants.length);
  });

  it('does not change with a repeated measurement that leads to the same verdict', () => {
    const gates = gatesWith({ evidence: { p95Ms: 4 }, reason: '4 ms' });
    assert.equal(planDigest({ ...change, plan: { ...plan, gates } }), planDigest(change));
  });
});

describe('a plan looked at again', () => {
  it('still holds when nothing that matters differs', () => {
    assert.deepEqual(planDifferences(plan, structuredClone(plan)), []);
    const cheaper = { ...plan, cost: { ...plan.cost, amount: 0.1 }, gates: gatesWith({ reason: '2 ms' }) };
    assert.deepEqual(planDifferences(plan, cheaper), []);
  });

  it('takes a cent more for the same plan, whatever the estimate was', () => {
    const free = { ...plan, cost: { ...plan.cost, amount: 0 } };
    const cent = { ...plan, cost: { ...plan.cost, amount: 0.01 } };
    assert.deepEqual(planDifferences(free, cent), []);
    assert.deepEqual(planDifferences(free, { ...plan, cost: { ...plan.cost, amount: 0.02 } }), ['the cost']);
  });

  it('names what differs', () => {
    const now = {
      ...plan,
      current: { version: 'mv_9' },
      gates: gatesWith({ verdict: 'fail' }),
      cost: { ...plan.cost, amount: 1.2 },
    };
    assert.deepEqual(planDifferences(plan, now), [
      'the present state',
      'rule D04 (pass, now fail)',
      'the cost',
    ]);
    const stricter = { ...plan, approvalsRequired: 2, gates: { ...gatesWith({}), digest: 'sha256:qq' } };
    assert.deepEqual(planDifferences(plan, stricter), ['the approvals required', 'the policies']);
  });
});

function gatesWith(changed: Partial<GateRuleReport>) {
  return {
    policy: 'default@1',
    digest: 'sha256:pp',
    moment: 'plan' as const,
    passed: changed.verdict !== 'fail',
    rules: [{ ...rule, ...changed }],
  };
}
