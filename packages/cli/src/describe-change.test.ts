import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateReport } from '@esteira/contracts';
import { describeChange, nextStep } from './describe-change.ts';
import { describeGates } from './describe-gates.ts';
import { type Change, exitCodeOfChange } from './follow/follow-change.ts';

const digest = `sha256:${'1'.repeat(64)}`;

const gates: GateReport = {
  policy: 'default@1',
  digest,
  moment: 'plan',
  passed: false,
  rules: [
    { id: 'D01', title: 'Complete', verdict: 'pass', evidence: {}, reason: 'all there', todo: '' },
    {
      id: 'D04',
      title: 'Fast enough',
      verdict: 'fail',
      evidence: {},
      reason: 'no evidence found: latency',
      todo: 'Benchmark it.',
    },
  ],
};

const change: Change = {
  id: 'chg_1',
  kind: 'serving.promote',
  subject: { endpoint: 'flights', modelVersionId: 'mv_1' },
  state: 'refused',
  digest,
  requestedBy: 'usr_1',
  requestedAt: 0,
  updatedAt: 0,
  expiresAt: 86_400_000,
  approvalsRequired: 1,
  approvalsGiven: 0,
  plan: {
    current: {},
    steps: [],
    gates,
    cost: { cpuSeconds: 90, storageBytes: 1_000, amount: 0.001, currency: 'USD' },
    blastRadius: 'All callers of flights.',
    approvalsRequired: 1,
  },
  steps: [
    {
      name: 'prepare',
      title: 'Load the version',
      details: {},
      state: 'pending',
      result: null,
      error: null,
      attempts: 0,
      startedAt: null,
      finishedAt: null,
    },
    {
      name: 'all',
      title: 'Answer all of it',
      details: {},
      state: 'failed',
      result: null,
      error: 'too slow',
      attempts: 1,
      startedAt: 1,
      finishedAt: 2,
    },
  ],
  approvals: [],
  progress: { share: 0, message: '' },
  jobId: null,
  verification: [{ name: 'latency (ms)', expected: 20, measured: 1.423334999, ok: true }],
  rollBack: null,
  reason: 'D04: no evidence found: latency',
  history: [],
};

test('a reviewer reads what would be done, what it costs, and what the gates say', () => {
  const text = describeChange(change);
  assert.match(text, /^blast radius {2}All callers of flights\.$/m);
  assert.match(text, /about 0\.0010 USD \(1 min 30 s of CPU, 1\.0 kB stored\)/);
  assert.match(text, /^ {2}1\. Load the version$/m);
  assert.match(text, /^ {2}2\. Answer all of it \[failed\]: too slow$/m);
  assert.match(text, /^D04 {3}fail {5}no evidence found: latency$/m);
  assert.match(text, /do: Benchmark it\./);
  assert.match(text, /latency \(ms\) +20 +1\.423 +yes/);
  assert.match(text, new RegExp(`^digest {8}${digest}$`, 'm'));
});

test('the next step is a command', () => {
  assert.equal(
    nextStep({ ...change, state: 'awaiting-approval' }),
    'next: somebody else runs: esteira approve chg_1',
  );
  assert.equal(nextStep({ ...change, state: 'approved' }), 'next: esteira apply chg_1');
  assert.equal(nextStep({ ...change, state: 'succeeded' }), '');
});

test('exit codes tell a refusal from a failure', () => {
  assert.equal(exitCodeOfChange(change), 3);
  assert.equal(exitCodeOfChange({ ...change, state: 'rolled-back' }), 1);
  assert.equal(exitCodeOfChange({ ...change, state: 'awaiting-approval' }), 0);
  assert.equal(exitCodeOfChange({ ...change, state: 'succeeded' }), 0);
});

test('a stage without rules is said to have none, rather than to pass', () => {
  assert.match(
    describeGates({ ...gates, rules: [], passed: true }),
    /^No rule of the policy default@1 holds/,
  );
});
