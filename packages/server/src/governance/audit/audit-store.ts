import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { parseEntry, type SealableEntry } from './audit-entry.ts';
import type { MerkleTile } from './merkle-tile.ts';

interface AuditEntriesTable {
  id: string;
  workspace: string;
  at: number;
  action: string;
  actor_id: string;
  subject_kind: string;
  subject_id: string;
  entry: string;
  leaf_index: number | null;
}

interface AuditTables {
  audit_entries: AuditEntriesTable;
  audit_tiles: { level: number; position: number; hashes: string };
  audit_heads: { size: number; root_hash: string; checkpoint: string };
}

export type AuditRow = Readonly<AuditEntriesTable>;

/** A signed head as stored; `rootHash` in hexadecimal, `checkpoint` the signed note. */
export interface StoredHead {
  readonly size: number;
  readonly rootHash: string;
  readonly checkpoint: string;
}

export interface AuditFilter {
  readonly action?: string | undefined;
  readonly actorId?: string | undefined;
  readonly subjectKind?: string | undefined;
  readonly subjectId?: string | undefined;
  /** Milliseconds, inclusive. */
  readonly from?: number | undefined;
  /** Milliseconds, exclusive. */
  readonly until?: number | undefined;
}

export async function insertEntry(tx: SqlTransaction, entry: SealableEntry, text: string): Promise<void> {
  await tx
    .query<AuditTables>()
    .insertInto('audit_entries')
    .values({
      id: entry.id,
      workspace: entry.workspace,
      at: entry.at,
      action: entry.action,
      actor_id: entry.actor.id,
      subject_kind: entry.subject.kind,
      subject_id: entry.subject.id,
      entry: text,
      leaf_index: null,
    })
    .execute();
}

/** The row of a stored text as the other columns must say it. */
export function columnsAgree(row: AuditRow): boolean {
  const entry = parseEntry(row.entry);
  return (
    row.id === entry.id &&
    row.workspace === entry.workspace &&
    row.at === entry.at &&
    row.action === entry.action &&
    row.actor_id === entry.actor.id &&
    row.subject_kind === entry.subject.kind &&
    row.subject_id === entry.subject.id
  );
}

/** Newest first; `before` is the id of the last row of the page before. */
export async function listEntries(
  sql: SqlReader,
  workspace: string,
  filter: AuditFilter,
  page: { limit: number; before?: string | undefined },
): Promise<readonly AuditRow[]> {
  let query = sql
    .query<AuditTables>()
    .selectFrom('audit_entries')
    .selectAll()
    .where('workspace', '=', workspace);
  if (filter.action !== undefined) query = query.where('action', '=', filter.action);
  if (filter.actorId !== undefined) query = query.where('actor_id', '=', filter.actorId);
  if (filter.subjectKind !== undefined) query = query.where('subject_kind', '=', filter.subjectKind);
  if (filter.subjectId !== undefined) query = query.where('subject_id', '=', filter.subjectId);
  if (filter.from !== undefined) query = query.where('at', '>=', filter.from);
  if (filter.until !== undefined) query = query.where('at', '<', filter.until);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
}

export async function unsealedEntries(
  sql: SqlReader,
  limit: number,
): Promise<readonly { id: string; entry: string }[]> {
  return sql
    .query<AuditTables>()
    .selectFrom('audit_entries')
    .select(['id', 'entry'])
    .where('leaf_index', 'is', null)
    .orderBy('id')
    .limit(limit)
    .execute();
}

export async function countUnsealed(sql: SqlReader): Promise<number> {
  const row = await sql
    .query<AuditTables>()
    .selectFrom('audit_entries')
    .select((column) => column.fn.countAll<number>().as('count'))
    .where('leaf_index', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function setLeafIndex(tx: SqlTransaction, id: string, index: number): Promise<void> {
  await tx
    .query<AuditTables>()
    .updateTable('audit_entries')
    .set({ leaf_index: index })
    .where('id', '=', id)
    .where('leaf_index', 'is', null)
    .execute();
}

/** Sealed rows in the order of the log. */
export async function sealedEntries(
  sql: SqlReader,
  from: number,
  limit: number,
): Promise<readonly AuditRow[]> {
  return sql
    .query<AuditTables>()
    .selectFrom('audit_entries')
    .selectAll()
    .where('leaf_index', '>=', from)
    .orderBy('leaf_index')
    .limit(limit)
    .execute();
}

export async function findSealedEntry(
  sql: SqlReader,
  workspace: string,
  index: number,
): Promise<AuditRow | undefined> {
  return sql
    .query<AuditTables>()
    .selectFrom('audit_entries')
    .selectAll()
    .where('leaf_index', '=', index)
    .where('workspace', '=', workspace)
    .executeTakeFirst();
}

/** The hashes of a tile in hexadecimal, one after the other; empty when there is none. */
export async function tileText(sql: SqlReader, level: number, position: number): Promise<string> {
  const row = await sql
    .query<AuditTables>()
    .selectFrom('audit_tiles')
    .select('hashes')
    .where('level', '=', level)
    .where('position', '=', position)
    .executeTakeFirst();
  return row?.hashes ?? '';
}

export function tileToText(tile: MerkleTile): string {
  return tile.hashes.map((hash) => hash.toString('hex')).join('');
}

export async function loadTile(sql: SqlReader, level: number, position: number): Promise<readonly Buffer[]> {
  const bytes = Buffer.from(await tileText(sql, level, position), 'hex');
  const hashes: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += 32) hashes.push(bytes.subarray(start, start + 32));
  return hashes;
}

export async function putTile(tx: SqlTransaction, tile: MerkleTile): Promise<void> {
  const hashes = tileToText(tile);
  await tx
    .query<AuditTables>()
    .insertInto('audit_tiles')
    .values({ level: tile.level, position: tile.position, hashes })
    .onConflict((conflict) => conflict.columns(['level', 'position']).doUpdateSet({ hashes }))
    .execute();
}

export async function insertHead(tx: SqlTransaction, head: StoredHead): Promise<void> {
  await tx
    .query<AuditTables>()
    .insertInto('audit_heads')
    .values({ size: head.size, root_hash: head.rootHash, checkpoint: head.checkpoint })
    .execute();
}

export async function lastHead(sql: SqlReader): Promise<StoredHead | undefined> {
  const row = await sql
    .query<AuditTables>()
    .selectFrom('audit_heads')
    .selectAll()
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined
    ? undefined
    : { size: row.size, rootHash: row.root_hash, checkpoint: row.checkpoint };
}

/** Heads of a size beyond `above`, the smallest first. */
export async function headsAbove(
  sql: SqlReader,
  above: number,
  limit: number,
): Promise<readonly StoredHead[]> {
  const rows = await sql
    .query<AuditTables>()
    .selectFrom('audit_heads')
    .selectAll()
    .where('size', '>', above)
    .orderBy('size')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ size: row.size, rootHash: row.root_hash, checkpoint: row.checkpoint }));
}
