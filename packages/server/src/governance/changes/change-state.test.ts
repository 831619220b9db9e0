import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  approvalsOfPlan,
  type ChangeEvent,
  type ChangeFacts,
  endStates,
  moveChange,
  statesInProgress,
} from './change-state.ts';
import { actForTheSame } from './people-behind.ts';

const digests = ['sha256:a', 'sha256:b', 'sha256:c'];
const people = ['ana', 'bia', 'caio', 'davi'];

const event: fc.Arbitrary<ChangeEvent> = fc.oneof(
  fc.constantFrom<ChangeEvent>(
    { type: 'judge' },
    { type: 'reject' },
    { type: 'cancel' },
    { type: 'abandon' },
    { type: 'step-failed' },
    { type: 'steps-done' },
    { type: 'verification-failed' },
    { type: 'verified' },
    { type: 'rolled-back' },
    { type: 'roll-back-failed' },
  ),
  fc.record({
    type: fc.constant('approve' as const),
    approval: fc.record({
      digest: fc.constantFrom(...digests),
      approver: fc.constantFrom(...people),
      people: fc.subarray(people, { minLength: 1 }).map((some) => new Set(some)),
    }),
    at: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({
    type: fc.constant('replan' as const),
    begun: fc.boolean(),
    digest: fc.constantFrom(...digests),
    gatesPassed: fc.boolean(),
    approvalsRequired: fc.integer({ min: 0, max: 2 }),
    expiresAt: fc.integer({ min: 5, max: 20 }),
  }),
  fc.record({
    type: fc.constant('begin' as const),
    digest: fc.constantFrom(...digests),
    at: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({ type: fc.constant('expire' as const), at: fc.integer({ min: 0, max: 20 }) }),
);

// Most sequences of random events go nowhere; these often reach the states of interest.
const likely: fc.Arbitrary<readonly ChangeEvent[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<ChangeEvent>({ type: 'judge' }) },
    { weight: 3, arbitrary: fc.constant<ChangeEvent>({ type: 'begin', digest: 'sha256:a', at: 1 }) },
    { weight: 6, arbitrary: event },
  ),
  { maxLength: 40 },
);

const planned = fc.record<ChangeFacts>({
  state: fc.constant('planned'),
  digest: fc.constant('sha256:a'),
  gatesPassed: fc.boolean(),
  approvalsRequired: fc.integer({ min: 0, max: 2 }),
  expiresAt: fc.constant(10),
  interested: fc.subarray(people, { minLength: 1, maxLength: 2 }).map((some) => new Set(some)),
  approvals: fc.constant([]),
});

describe('the life of a change', () => {
  it('never reaches applying without passed gates and the required independent approvals of this very plan', () => {
    let reached = 0;
    fc.assert(
      fc.property(planned, likely, (start, events) => {
        let facts = start;
        for (const next of events) {
          const before = facts;
          const move = moveChange(before, next);
          if (!move.ok) continue;
          facts = move.facts;
          if (before.state === facts.state || !statesInProgress.includes(facts.state)) continue;
          if (facts.state === 'applying') {
            assert.equal(before.state, 'approved');
            reached++;
          }
          assert.equal(facts.gatesPassed, true);
          const given = approvalsOfPlan(facts);
          assert.ok(given.length >= facts.approvalsRequired);
          for (const [index, one] of given.entries()) {
            assert.ok(!actForTheSame(one.people, facts.interested));
            for (const other of given.slice(index + 1)) assert.ok(!actForTheSame(one.people, other.people));
          }
        }
      }),
      { numRuns: 3000 },
    );
    assert.ok(reached > 50, `only ${reached} sequences reached applying`);
  });

  it('ends for good', () => {
    fc.assert(
      fc.property(planned, fc.constantFrom(...endStates), event, (facts, state, next) => {
        assert.deepEqual(moveChange({ ...facts, state }, next), { ok: false, refusal: 'state' });
      }),
    );
  });

  it('is refused when a gate failed, whatever approvals there are', () => {
    const facts = waiting({ state: 'planned', gatesPassed: false, approvalsRequired: 0 });
    assert.equal(stateAfter(facts, { type: 'judge' }), 'refused');
  });

  it('waits for as many people as are required, counting one person once', () => {
    const two = waiting({ approvalsRequired: 2 });
    const first = moveChange(two, approvalBy('bia', ['bia']));
    assert.ok(first.ok);
    assert.equal(first.facts.state, 'awaiting-approval');
    const again = moveChange(first.facts, approvalBy('bot-of-bia', ['bot-of-bia', 'bia']));
    assert.deepEqual(again, { ok: false, refusal: 'repeated' });
    assert.equal(stateAfter(first.facts, approvalBy('caio', ['caio'])), 'approved');
  });

  it('takes no consent of the requester, of their accounts, to another plan, or too late', () => {
    const facts = waiting({});
    const refusal = (move: ReturnType<typeof moveChange>) => (move.ok ? undefined : move.refusal);
    assert.equal(refusal(moveChange(facts, approvalBy('ana', ['ana']))), 'own-change');
    assert.equal(refusal(moveChange(facts, approvalBy('bot', ['bot', 'ana']))), 'own-change');
    assert.equal(refusal(moveChange(facts, { ...approvalBy('bia', ['bia']), at: 10 })), 'expired');
    const stale = { ...approvalBy('bia', ['bia']).approval, digest: 'sha256:b' };
    assert.equal(refusal(moveChange(facts, { type: 'approve', approval: stale, at: 1 })), 'stale-digest');
  });

  it('asks for consent again after a new plan, until a step has had effects', () => {
    const approved = moveChange(waiting({}), approvalBy('bia', ['bia']));
    assert.ok(approved.ok);
    const replan = {
      type: 'replan',
      begun: false,
      digest: 'sha256:b',
      gatesPassed: true,
      approvalsRequired: 1,
      expiresAt: 20,
    } as const;
    const again = moveChange(approved.facts, replan);
    assert.ok(again.ok);
    assert.equal(stateAfter(again.facts, { type: 'judge' }), 'awaiting-approval');
    const applying = { ...approved.facts, state: 'applying' as const };
    assert.deepEqual(moveChange(applying, { ...replan, begun: true }), { ok: false, refusal: 'state' });
  });
});

function waiting(changed: Partial<ChangeFacts>): ChangeFacts {
  return {
    state: 'awaiting-approval',
    digest: 'sha256:a',
    gatesPassed: true,
    approvalsRequired: 1,
    expiresAt: 10,
    interested: new Set(['ana']),
    approvals: [],
    ...changed,
  };
}

function approvalBy(approver: string, behind: string[]) {
  return {
    type: 'approve',
    approval: { digest: 'sha256:a', approver, people: new Set(behind) },
    at: 1,
  } as const;
}

function stateAfter(facts: ChangeFacts, next: ChangeEvent): string | undefined {
  const move = moveChange(facts, next);
  return move.ok ? move.facts.state : undefined;
}
