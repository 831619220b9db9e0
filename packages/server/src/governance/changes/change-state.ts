import type { ChangeState } from '@esteira/contracts';
import { actForTheSame } from './people-behind.ts';

/** All that decides where a change may go. */
export interface ChangeFacts {
  readonly state: ChangeState;
  readonly digest: string;
  readonly gatesPassed: boolean;
  readonly approvalsRequired: number;
  readonly expiresAt: number;
  /** Whoever stands behind the requester and behind the authors of what is changed. */
  readonly interested: ReadonlySet<string>;
  readonly approvals: readonly Approval[];
}

export interface Approval {
  readonly digest: string;
  readonly approver: string;
  readonly people: ReadonlySet<string>;
}

export type ChangeEvent =
  | { readonly type: 'judge' }
  | { readonly type: 'approve'; readonly approval: Approval; readonly at: number }
  | { readonly type: 'reject' }
  | { readonly type: 'cancel' }
  | { readonly type: 'expire'; readonly at: number }
  /** The state was inspected again and something that matters differs; `begun` once a step has had effects. */
  | {
      readonly type: 'replan';
      readonly begun: boolean;
      readonly digest: string;
      readonly gatesPassed: boolean;
      readonly approvalsRequired: number;
      readonly expiresAt: number;
    }
  | { readonly type: 'begin'; readonly digest: string; readonly at: number }
  | { readonly type: 'abandon' }
  | { readonly type: 'step-failed' }
  | { readonly type: 'steps-done' }
  | { readonly type: 'verification-failed' }
  | { readonly type: 'verified' }
  | { readonly type: 'rolled-back' }
  | { readonly type: 'roll-back-failed' };

export type Refusal = 'state' | 'expired' | 'stale-digest' | 'own-change' | 'repeated';
export type Move =
  | { readonly ok: true; readonly facts: ChangeFacts }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * The life of a change as a pure function. Nothing reaches `applying` but `approved`, and nothing `approved` without
 * passed gates and as many approvals of this very digest, by people independent of the change and of each other, as are
 * required.
 */
export function moveChange(facts: ChangeFacts, event: ChangeEvent): Move {
  const { state } = facts;
  switch (event.type) {
    case 'judge':
      if (state !== 'planned') return refuse('state');
      if (!facts.gatesPassed) return to(facts, 'refused');
      return to(facts, consentGiven(facts) ? 'approved' : 'awaiting-approval');
    case 'approve': {
      if (state !== 'awaiting-approval') return refuse('state');
      if (event.at >= facts.expiresAt) return refuse('expired');
      if (event.approval.digest !== facts.digest) return refuse('stale-digest');
      if (actForTheSame(event.approval.people, facts.interested)) return refuse('own-change');
      if (approvalsOfPlan(facts).some(({ people }) => actForTheSame(people, event.approval.people))) {
        return refuse('repeated');
      }
      const approved = { ...facts, approvals: [...facts.approvals, event.approval] };
      return to(approved, consentGiven(approved) ? 'approved' : 'awaiting-approval');
    }
    case 'reject':
      return from(facts, ['awaiting-approval', 'approved'], 'rejected');
    case 'cancel':
      return from(facts, ['planned', 'awaiting-approval', 'approved'], 'cancelled');
    case 'expire':
      if (event.at < facts.expiresAt) return refuse('state');
      return from(facts, ['awaiting-approval', 'approved'], 'expired');
    case 'replan': {
      if (state !== 'approved' && !(state === 'applying' && !event.begun)) return refuse('state');
      const { digest, gatesPassed, approvalsRequired, expiresAt } = event;
      return to({ ...facts, digest, gatesPassed, approvalsRequired, expiresAt }, 'planned');
    }
    case 'begin':
      if (state !== 'approved') return refuse('state');
      if (event.at >= facts.expiresAt) return refuse('expired');
      if (event.digest !== facts.digest || !facts.gatesPassed || !consentGiven(facts))
        return refuse('stale-digest');
      return to(facts, 'applying');
    case 'abandon':
      return from(facts, ['applying'], 'failed');
    case 'step-failed':
      return from(facts, ['applying'], 'rolling-back');
    case 'steps-done':
      return from(facts, ['applying'], 'verifying');
    case 'verification-failed':
      return from(facts, ['verifying'], 'rolling-back');
    case 'verified':
      return from(facts, ['verifying'], 'succeeded');
    case 'rolled-back':
      return from(facts, ['rolling-back'], 'rolled-back');
    case 'roll-back-failed':
      return from(facts, ['rolling-back'], 'failed');
  }
}

/** The approvals that count: those given to the present plan. */
export function approvalsOfPlan(facts: Pick<ChangeFacts, 'approvals' | 'digest'>): readonly Approval[] {
  return facts.approvals.filter((approval) => approval.digest === facts.digest);
}

export const endStates: ReadonlySet<ChangeState> = new Set([
  'refused',
  'rejected',
  'expired',
  'cancelled',
  'succeeded',
  'rolled-back',
  'failed',
]);

export const statesInProgress: readonly ChangeState[] = ['applying', 'verifying', 'rolling-back'];

function consentGiven(facts: ChangeFacts): boolean {
  return approvalsOfPlan(facts).length >= facts.approvalsRequired;
}

function from(facts: ChangeFacts, states: readonly ChangeState[], state: ChangeState): Move {
  return states.includes(facts.state) ? to(facts, state) : refuse('state');
}

function to(facts: ChangeFacts, state: ChangeState): Move {
  return { ok: true, facts: { ...facts, state } };
}

function refuse(refusal: Refusal): Move {
  return { ok: false, refusal };
}
