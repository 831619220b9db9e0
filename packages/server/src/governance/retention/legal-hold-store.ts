import type { HoldSubject, LegalHold } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface HoldTables {
  legal_holds: {
    id: string;
    workspace: string;
    reason: string;
    placed_by: string;
    placed_at: number;
    released_by: string | null;
    released_at: number | null;
    release_reason: string;
  };
  legal_hold_subjects: { hold_id: string; workspace: string; kind: string; subject_id: string };
}

const idsPerStatement = 400;

export async function insertHold(tx: SqlTransaction, workspace: string, hold: LegalHold): Promise<void> {
  await tx
    .query<HoldTables>()
    .insertInto('legal_holds')
    .values({
      id: hold.id,
      workspace,
      reason: hold.reason,
      placed_by: hold.placedBy,
      placed_at: hold.placedAt,
      released_by: null,
      released_at: null,
      release_reason: '',
    })
    .execute();
  for (const { kind, id } of hold.subjects) {
    await tx
      .query<HoldTables>()
      .insertInto('legal_hold_subjects')
      .values({ hold_id: hold.id, workspace, kind, subject_id: id })
      .onConflict((conflict) => conflict.columns(['hold_id', 'kind', 'subject_id']).doNothing())
      .execute();
  }
}

export async function releaseHold(
  tx: SqlTransaction,
  id: string,
  release: { by: string; at: number; reason: string },
): Promise<void> {
  await tx
    .query<HoldTables>()
    .updateTable('legal_holds')
    .set({ released_by: release.by, released_at: release.at, release_reason: release.reason })
    .where('id', '=', id)
    .execute();
}

export async function findHold(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<LegalHold | undefined> {
  const row = await holds(sql, workspace).where('id', '=', id).executeTakeFirst();
  return row && (await withSubjects(sql, [row]))[0];
}

/** Newest first; `before` is the id of the last one of the page before. */
export async function listHolds(
  sql: SqlReader,
  workspace: string,
  filter: { state?: 'active' | 'released' | undefined; before?: string | undefined; limit: number },
): Promise<readonly LegalHold[]> {
  let query = holds(sql, workspace);
  if (filter.state === 'active') query = query.where('released_at', 'is', null);
  if (filter.state === 'released') query = query.where('released_at', 'is not', null);
  if (filter.before !== undefined) query = query.where('id', '<', filter.before);
  return await withSubjects(sql, await query.orderBy('id', 'desc').limit(filter.limit).execute());
}

/** What standing holds cover by name: all of them, of those placed at or after `since`, or only the named ones. */
export async function heldSubjects(
  sql: SqlReader,
  filter: { workspace?: string; since?: number; subjects?: readonly HoldSubject[] },
): Promise<readonly (HoldSubject & { readonly holdId: string; readonly workspace: string })[]> {
  let query = sql
    .query<HoldTables>()
    .selectFrom('legal_hold_subjects')
    .innerJoin('legal_holds', 'legal_holds.id', 'legal_hold_subjects.hold_id')
    .select([
      'legal_hold_subjects.workspace',
      'legal_hold_subjects.hold_id',
      'legal_hold_subjects.kind',
      'legal_hold_subjects.subject_id',
    ])
    .where('legal_holds.released_at', 'is', null);
  if (filter.workspace !== undefined)
    query = query.where('legal_hold_subjects.workspace', '=', filter.workspace);
  if (filter.since !== undefined) query = query.where('legal_holds.placed_at', '>=', filter.since);
  const { subjects } = filter;
  const parts: (readonly string[] | undefined)[] = subjects === undefined ? [undefined] : [];
  for (let start = 0; start < (subjects?.length ?? 0); start += idsPerStatement)
    parts.push(subjects?.slice(start, start + idsPerStatement).map(({ id }) => id));
  const wanted = new Set(subjects?.map(subjectKey));
  const found: (HoldSubject & { holdId: string; workspace: string })[] = [];
  for (const ids of parts) {
    const some = ids === undefined ? query : query.where('legal_hold_subjects.subject_id', 'in', ids);
    for (const row of await some.orderBy('legal_hold_subjects.hold_id').execute()) {
      const subject = { kind: row.kind as HoldSubject['kind'], id: row.subject_id };
      if (subjects !== undefined && !wanted.has(subjectKey(subject))) continue;
      found.push({ ...subject, holdId: row.hold_id, workspace: row.workspace });
    }
  }
  return found;
}

export function subjectKey({ kind, id }: HoldSubject): string {
  return `${kind} ${id}`;
}

function holds(sql: SqlReader, workspace: string) {
  return sql.query<HoldTables>().selectFrom('legal_holds').selectAll().where('workspace', '=', workspace);
}

async function withSubjects(
  sql: SqlReader,
  rows: readonly HoldTables['legal_holds'][],
): Promise<readonly LegalHold[]> {
  if (rows.length === 0) return [];
  const subjects = await sql
    .query<HoldTables>()
    .selectFrom('legal_hold_subjects')
    .selectAll()
    .where(
      'hold_id',
      'in',
      rows.map((row) => row.id),
    )
    .orderBy('kind')
    .orderBy('subject_id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    reason: row.reason,
    subjects: subjects
      .filter((subject) => subject.hold_id === row.id)
      .map((subject) => ({ kind: subject.kind as HoldSubject['kind'], id: subject.subject_id })),
    placedBy: row.placed_by,
    placedAt: row.placed_at,
    releasedBy: row.released_by,
    releasedAt: row.released_at,
    releaseReason: row.release_reason,
  }));
}
