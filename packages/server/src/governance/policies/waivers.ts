import type { Waiver } from '@esteira/contracts';
import type { z } from 'zod';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { EventBus } from '../../storage/events/event-bus.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { actForTheSame, type PeopleBehind } from '../changes/people-behind.ts';
import { requirePermission } from '../identity/require-permission.ts';
import type { Policies } from './policies.ts';
import { decideWaiver, findWaiver, insertWaiver, listWaivers, type WaiverRow } from './waiver-store.ts';

type WaiverView = z.input<typeof Waiver>;

interface WaiverRequest {
  readonly rule: string;
  readonly project: string;
  readonly endpoint: string;
  readonly modelVersionId?: string | undefined;
  readonly reason: string;
  /** ms */
  readonly expiresAt: number;
}

/** Recorded exceptions: one rule, one endpoint, until a date, consented to by somebody else than who asked. */
export interface Waivers {
  /** Throws WAIVER_INVALID, FORBIDDEN. */
  request(context: RequestContext, request: WaiverRequest): Promise<WaiverView>;
  /** Throws WAIVER_NOT_FOUND, WAIVER_DECIDED, APPROVAL_OF_OWN_CHANGE, FORBIDDEN. */
  approve(context: RequestContext, id: string, comment: string): Promise<WaiverView>;
  /** Declines, or ends an approved one. Throws WAIVER_NOT_FOUND, WAIVER_DECIDED, FORBIDDEN. */
  reject(context: RequestContext, id: string, comment: string): Promise<WaiverView>;
  list(workspace: string, project: string | undefined): Promise<readonly WaiverView[]>;
}

const longestWaiver = 90 * 86_400_000;

export function createWaivers(deps: {
  sql: SqlDatabase;
  clock: Clock;
  ids: IdGenerator;
  audit: AuditLog;
  events: EventBus;
  people: PeopleBehind;
  policies: Policies;
}): Waivers {
  const { sql, clock, ids, audit, events, people, policies } = deps;

  async function announce(
    tx: SqlTransaction,
    context: RequestContext,
    row: WaiverRow,
    verb: string,
  ): Promise<void> {
    await audit.record(tx, context, {
      action: `governance.waiver.${verb}`,
      subject: { kind: 'waiver', id: row.id },
      details: {
        rule: row.rule,
        project: row.project,
        endpoint: row.endpoint,
        modelVersionId: row.model_version_id,
        reason: row.reason,
        comment: row.comment,
        expiresAt: row.expires_at,
      },
    });
    await events.emit(tx, context, 'waiver.changed', { waiverId: row.id, rule: row.rule, state: row.state });
  }

  async function decide(
    context: RequestContext,
    id: string,
    decision: { verb: 'approved' | 'rejected' | 'revoked'; from: WaiverRow['state']; comment: string },
  ): Promise<WaiverView> {
    return await sql.transaction(async (tx) => {
      const before = await findWaiver(tx, context.workspace, id);
      if (!before) throw esteiraError('WAIVER_NOT_FOUND', { id });
      const now = clock.now();
      const state = stateAt(before, now);
      if (state !== decision.from) throw esteiraError('WAIVER_DECIDED', { state, verb: decision.verb });
      const row = {
        ...before,
        state: decision.verb,
        decided_by: context.actor.id,
        decided_at: now,
        comment: decision.comment,
      };
      await decideWaiver(tx, row);
      await announce(tx, context, row, decision.verb);
      return toView(row, now);
    });
  }

  return {
    async request(context, request) {
      requirePermission(context, 'changes:request');
      const now = clock.now();
      const { rules } = await policies.effective(context.workspace);
      const rule = rules.find((known) => known.rule.id === request.rule);
      if (!rule) throw esteiraError('WAIVER_INVALID', { problem: `there is no rule ${request.rule}` });
      if (request.expiresAt <= now || request.expiresAt > now + longestWaiver) {
        throw esteiraError('WAIVER_INVALID', { problem: 'its end is not within the next 90 days' });
      }
      const row: WaiverRow = {
        id: ids.next('wvr'),
        workspace: context.workspace,
        rule: request.rule,
        project: request.project,
        endpoint: request.endpoint,
        model_version_id: request.modelVersionId ?? null,
        reason: request.reason,
        state: 'requested',
        requested_by: context.actor.id,
        requested_at: now,
        decided_by: null,
        decided_at: null,
        comment: '',
        expires_at: request.expiresAt,
      };
      await sql.transaction(async (tx) => {
        await insertWaiver(tx, row);
        await announce(tx, context, row, 'requested');
      });
      return toView(row, now);
    },

    async approve(context, id, comment) {
      requirePermission(context, 'changes:approve');
      const waiver = await findWaiver(sql, context.workspace, id);
      if (!waiver) throw esteiraError('WAIVER_NOT_FOUND', { id });
      const requester = await people.of(context.workspace, waiver.requested_by);
      const approver = await people.of(context.workspace, context.actor.id);
      if (context.actor.kind === 'system' || actForTheSame(requester, approver)) {
        throw esteiraError('APPROVAL_OF_OWN_CHANGE', { approver: context.actor.name });
      }
      return await decide(context, id, { verb: 'approved', from: 'requested', comment });
    },

    async reject(context, id, comment) {
      requirePermission(context, 'changes:approve');
      const waiver = await findWaiver(sql, context.workspace, id);
      if (waiver?.state === 'approved')
        return await decide(context, id, { verb: 'revoked', from: 'approved', comment });
      return await decide(context, id, { verb: 'rejected', from: 'requested', comment });
    },

    async list(workspace, project) {
      const now = clock.now();
      return (await listWaivers(sql, workspace, project)).map((row) => toView(row, now));
    },
  };
}

function stateAt(row: WaiverRow, now: number): WaiverView['state'] {
  const open = row.state === 'requested' || row.state === 'approved';
  return open && row.expires_at <= now ? 'expired' : row.state;
}

function toView(row: WaiverRow, now: number): WaiverView {
  return {
    id: row.id,
    rule: row.rule,
    project: row.project,
    endpoint: row.endpoint,
    modelVersionId: row.model_version_id,
    reason: row.reason,
    state: stateAt(row, now),
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    comment: row.comment,
    expiresAt: row.expires_at,
  };
}
