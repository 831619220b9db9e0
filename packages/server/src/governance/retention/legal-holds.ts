import type { HoldSubject, LegalHold } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import { pagesById } from '../../kernel/paging.ts';
import type { SqlDatabase, SqlReader } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { actForTheSame, createPeopleBehind } from '../changes/people-behind.ts';
import { requirePermission } from '../identity/require-permission.ts';
import {
  findHold,
  heldSubjects,
  insertHold,
  listHolds,
  releaseHold,
  subjectKey,
} from './legal-hold-store.ts';
import { findRemoved } from './removed-thing-store.ts';
import { standingKinds } from './things-in-use.ts';

const pages = pagesById('legal-holds');

/** Holds: what they cover is removed by nobody, on no way, until somebody other than who placed them releases them. */
export interface LegalHolds {
  /** Throws THING_REMOVED when one of the subjects is gone. */
  place(
    context: RequestContext,
    request: { reason: string; subjects: readonly HoldSubject[] },
  ): Promise<LegalHold>;
  /** Throws LEGAL_HOLD_NOT_FOUND, LEGAL_HOLD_RELEASED, LEGAL_HOLD_OWN. */
  release(context: RequestContext, id: string, reason: string): Promise<LegalHold>;
  list(
    workspace: string,
    page: { state?: 'active' | 'released' | undefined; limit: number; cursor?: string | undefined },
  ): Promise<{ items: LegalHold[]; nextCursor?: string }>;
}

interface EdgeTables {
  lineage_edges: { workspace: string; from_id: string; to_kind: string; to_id: string };
}

export function createLegalHolds(deps: {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly audit: AuditLog;
}): LegalHolds {
  const { sql, clock, ids, audit } = deps;
  const people = createPeopleBehind(deps);

  return {
    async place(context, { reason, subjects }) {
      requirePermission(context, 'holds:manage');
      const { workspace, actor } = context;
      const hold: LegalHold = {
        id: ids.next('hold'),
        reason,
        subjects: [...new Map(subjects.map((subject) => [subjectKey(subject), subject])).values()],
        placedBy: actor.id,
        placedAt: clock.now(),
        releasedBy: null,
        releasedAt: null,
        releaseReason: '',
      };
      await sql.transaction(async (tx) => {
        const [gone] = await findRemoved(
          tx,
          subjects.map(({ id }) => id),
        );
        const subject = subjects.find(({ id }) => id === gone);
        if (subject !== undefined) throw esteiraError('THING_REMOVED', subject);
        await insertHold(tx, workspace, hold);
        await audit.record(tx, context, {
          action: 'governance.legal-hold.placed',
          subject: { kind: 'legal-hold', id: hold.id },
          details: { reason, subjects: hold.subjects },
        });
      });
      return hold;
    },

    async release(context, id, reason) {
      requirePermission(context, 'holds:manage');
      const { workspace, actor } = context;
      const behind = await people.of(workspace, actor.id);
      const known = await existing(sql, workspace, id);
      const placers = await people.of(workspace, known.placedBy);
      if (actForTheSame(behind, placers)) throw esteiraError('LEGAL_HOLD_OWN', { actor: actor.name });
      return await sql.transaction(async (tx) => {
        const hold = await existing(tx, workspace, id);
        if (hold.releasedAt !== null) throw esteiraError('LEGAL_HOLD_RELEASED', { id });
        await releaseHold(tx, id, { by: actor.id, at: clock.now(), reason });
        await audit.record(tx, context, {
          action: 'governance.legal-hold.released',
          subject: { kind: 'legal-hold', id },
          details: { reason },
        });
        return await existing(tx, workspace, id);
      });
    },

    async list(workspace, { state, limit, cursor }) {
      const rows = await listHolds(sql, workspace, { state, ...pages.before(cursor), limit: limit + 1 });
      return pages.of(rows, limit);
    },
  };
}

/**
 * Before a thing is deleted or overwritten, in the same transaction. `within` is what it lies in. A hold on something that
 * was made from it covers it too. Throws LEGAL_HOLD.
 */
export async function assertNotHeld(
  reader: SqlReader,
  workspace: string,
  thing: HoldSubject,
  within: readonly HoldSubject[],
): Promise<void> {
  const hold = await findHoldOver(reader, workspace, [thing, ...within], thing.id);
  if (hold !== undefined) throw esteiraError('LEGAL_HOLD', { ...thing, hold });
}

/** Ids of a kind of thing that standing holds name, with the hold. */
export async function heldOfKind(
  reader: SqlReader,
  workspace: string,
  kind: HoldSubject['kind'],
): Promise<ReadonlyMap<string, string>> {
  const held = (await heldSubjects(reader, { workspace })).filter((subject) => subject.kind === kind);
  return new Map(held.map(({ id, holdId }) => [id, holdId]));
}

/** The hold on one of the things, or on something that was made, directly or not, from the first. */
async function findHoldOver(
  reader: SqlReader,
  workspace: string,
  things: readonly HoldSubject[],
  origin: string,
): Promise<string | undefined> {
  const [direct] = await heldSubjects(reader, { workspace, subjects: things });
  if (direct !== undefined) return direct.holdId;
  const holds = new Map((await heldSubjects(reader, { workspace })).map((held) => [held.id, held.holdId]));
  if (holds.size === 0) return undefined;
  const seen = new Set([origin]);
  const level = [origin];
  while (level.length > 0) {
    const rows = await reader
      .query<EdgeTables>()
      .selectFrom('lineage_edges')
      .select(['to_id', 'to_kind'])
      .distinct()
      .where('workspace', '=', workspace)
      .where('from_id', 'in', level.splice(0, 500))
      .execute();
    for (const { to_id: id, to_kind: kind } of rows) {
      const hold = holds.get(id);
      if (hold !== undefined) return hold;
      if (seen.has(id) || standingKinds.has(kind)) continue;
      seen.add(id);
      level.push(id);
    }
  }
  return undefined;
}

async function existing(sql: SqlReader, workspace: string, id: string): Promise<LegalHold> {
  const hold = await findHold(sql, workspace, id);
  if (hold === undefined) throw esteiraError('LEGAL_HOLD_NOT_FOUND', { id });
  return hold;
}
