import type { ChangeState, JsonValue } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { EventBus } from '../../storage/events/event-bus.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { listApprovals } from './approval-store.ts';
import { type ChangeEvent, type ChangeFacts, endStates, moveChange, type Refusal } from './change-state.ts';
import { findChange, insertChange, insertHistory, type StoredChange, updateChange } from './change-store.ts';
import type { PeopleBehind } from './people-behind.ts';

/** Keeps changes: every move is decided by the state machine and written with history, audit row and events. */
export interface ChangeRecord {
  /** Throws CHANGE_NOT_FOUND. */
  load(sql: SqlReader, workspace: string, id: string): Promise<StoredChange>;
  /** What a decision needs; to be had before the transaction that decides. */
  interested(change: Pick<StoredChange, 'workspace' | 'requester' | 'authors'>): Promise<ReadonlySet<string>>;
  insert(tx: SqlTransaction, context: RequestContext, change: StoredChange): Promise<void>;
  /**
   * Moves the change and writes it with `update`. Throws CHANGE_STATE_CONFLICT, CHANGE_EXPIRED, APPROVAL_STALE,
   * APPROVAL_OF_OWN_CHANGE or APPROVAL_REPEATED when it cannot go there.
   */
  move(
    tx: SqlTransaction,
    context: RequestContext,
    change: StoredChange,
    event: ChangeEvent,
    more?: { update?: Partial<StoredChange>; interested?: ReadonlySet<string>; details?: JsonValue },
  ): Promise<StoredChange>;
}

export function createChangeRecord(deps: {
  clock: Clock;
  ids: IdGenerator;
  audit: AuditLog;
  events: EventBus;
  people: PeopleBehind;
}): ChangeRecord {
  const { clock, ids, audit, events, people } = deps;

  async function announce(
    tx: SqlTransaction,
    context: RequestContext,
    change: StoredChange,
    from: ChangeState | null,
    details: JsonValue,
  ): Promise<void> {
    const { id: changeId, kind, state, digest } = change;
    const id = ids.next('chh');
    await insertHistory(tx, { id, change, from, actor: context.actor.id, at: change.updatedAt });
    await audit.record(tx, context, {
      action: `governance.change.${state}`,
      subject: { kind: 'change', id: changeId },
      details: { kind, from, digest, reason: change.reason, ...(details === null ? {} : { more: details }) },
    });
    await events.emit(tx, context, 'change.moved', { changeId, kind, from: from ?? '', to: state });
    if (state === 'planned') {
      await events.emit(tx, context, 'change.planned', {
        changeId,
        kind,
        subject: JSON.stringify(change.subject),
      });
    }
    if (endStates.has(state)) await events.emit(tx, context, 'change.finished', { changeId, kind, state });
  }

  return {
    async load(sql, workspace, id) {
      const change = await findChange(sql, workspace, id);
      if (!change) throw esteiraError('CHANGE_NOT_FOUND', { id });
      return change;
    },

    async interested(change) {
      const all = new Set<string>();
      for (const identity of [change.requester, ...change.authors]) {
        for (const person of await people.of(change.workspace, identity)) all.add(person);
      }
      return all;
    },

    async insert(tx, context, change) {
      await insertChange(tx, change);
      const gates = change.plan.gates;
      await announce(tx, context, change, null, {
        subject: change.subject,
        policies: gates?.digest ?? null,
        failed: gates?.rules.filter((rule) => rule.verdict === 'fail').map((rule) => rule.id) ?? [],
      });
    },

    async move(tx, context, change, event, more = {}) {
      const facts = await factsOf(tx, change, more.interested ?? new Set());
      const result = moveChange(facts, event);
      if (!result.ok) throw refusalError(result.refusal, context, change, event);
      const { state, digest, expiresAt } = result.facts;
      const moved = { ...change, ...more.update, state, digest, expiresAt, updatedAt: clock.now() };
      await updateChange(tx, moved);
      // A first of two approvals moves nothing, yet is a decision to be kept.
      await announce(tx, context, moved, change.state, more.details ?? null);
      return moved;
    },
  };
}

async function factsOf(
  sql: SqlReader,
  change: StoredChange,
  interested: ReadonlySet<string>,
): Promise<ChangeFacts> {
  const decisions = await listApprovals(sql, change.workspace, [change.id]);
  return {
    state: change.state,
    digest: change.digest,
    gatesPassed: change.plan.gates?.passed ?? true,
    approvalsRequired: change.plan.approvalsRequired,
    expiresAt: change.expiresAt,
    interested,
    approvals: decisions.filter((decision) => decision.decision === 'approved'),
  };
}

/** What the decision was made about; nothing where it is about no digest. */
function digestGiven(event: ChangeEvent): string {
  if ('approval' in event) return event.approval.digest;
  return 'digest' in event ? event.digest : '';
}

function refusalError(refusal: Refusal, context: RequestContext, change: StoredChange, event: ChangeEvent) {
  const approver = context.actor.name;
  const given = digestGiven(event);
  switch (refusal) {
    case 'state':
      return esteiraError('CHANGE_STATE_CONFLICT', { state: change.state, verb: verbs[event.type] });
    case 'expired':
      return esteiraError('CHANGE_EXPIRED');
    case 'stale-digest':
      return esteiraError('APPROVAL_STALE', { given, digest: change.digest });
    case 'own-change':
      return esteiraError('APPROVAL_OF_OWN_CHANGE', { approver });
    case 'repeated':
      return esteiraError('APPROVAL_REPEATED', { approver });
  }
}

const verbs: Readonly<Record<ChangeEvent['type'], string>> = {
  judge: 'be judged',
  approve: 'be approved',
  reject: 'be rejected',
  cancel: 'be cancelled',
  expire: 'expire',
  replan: 'be planned again',
  begin: 'be applied',
  abandon: 'be given up',
  'step-failed': 'be rolled back',
  'steps-done': 'be verified',
  'verification-failed': 'be rolled back',
  verified: 'succeed',
  'rolled-back': 'end',
  'roll-back-failed': 'end',
};
