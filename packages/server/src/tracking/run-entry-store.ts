import type { Reference } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { RunReference } from './run.ts';

export interface EntryTables {
  run_params: { run_id: string; name: string; value: string };
  run_tags: { run_id: string; name: string; value: string };
  run_references: {
    run_id: string;
    direction: string;
    type: string;
    reference_id: string;
    role: string;
    digest: string;
  };
}

/** A parameter that is stored with another value than the one sent. */
export interface ParamConflict {
  readonly name: string;
  readonly stored: string;
  readonly sent: string;
}

/** A parameter or a tag. */
export interface Entry {
  readonly name: string;
  readonly value: string;
}

/** Inserts parameters that are not there; returns the first that is there with another value. */
export async function insertParams(
  tx: SqlTransaction,
  runId: string,
  params: Readonly<Record<string, string>>,
): Promise<ParamConflict | undefined> {
  const entries = Object.entries(params);
  if (entries.length === 0) return undefined;
  const query = tx.query<EntryTables>();
  const rows = await query
    .selectFrom('run_params')
    .select(['name', 'value'])
    .where('run_id', '=', runId)
    .where('name', 'in', Object.keys(params))
    .execute();
  const stored = new Map(rows.map((row) => [row.name, row.value]));
  const missing: EntryTables['run_params'][] = [];
  for (const [name, sent] of entries) {
    const there = stored.get(name);
    if (there === undefined) missing.push({ run_id: runId, name, value: sent });
    else if (there !== sent) return { name, stored: there, sent };
  }
  if (missing.length > 0) await query.insertInto('run_params').values(missing).execute();
  return undefined;
}

/** Sets tags; the last value wins. */
export async function setTags(
  tx: SqlTransaction,
  runId: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(tags).map(([name, value]) => ({ run_id: runId, name, value }));
  if (rows.length === 0) return;
  await tx
    .query<EntryTables>()
    .insertInto('run_tags')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['run_id', 'name']).doUpdateSet((row) => ({ value: row.ref('excluded.value') })),
    )
    .execute();
}

/** Returns how many there were. */
export async function deleteTags(
  tx: SqlTransaction,
  runId: string,
  names: readonly string[],
): Promise<number> {
  if (names.length === 0) return 0;
  const { numDeletedRows } = await tx
    .query<EntryTables>()
    .deleteFrom('run_tags')
    .where('run_id', '=', runId)
    .where('name', 'in', names)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** The value of a tag; undefined when the run has none of the name. */
export async function findTag(reader: SqlReader, runId: string, name: string): Promise<string | undefined> {
  const row = await reader
    .query<EntryTables>()
    .selectFrom('run_tags')
    .select('value')
    .where('run_id', '=', runId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.value;
}

/** Adds references; returns those that were not there. */
export async function insertReferences(
  tx: SqlTransaction,
  runId: string,
  direction: 'input' | 'output',
  references: readonly RunReference[],
): Promise<readonly RunReference[]> {
  const added: RunReference[] = [];
  for (const item of references) {
    const result = await tx
      .query<EntryTables>()
      .insertInto('run_references')
      .values({
        run_id: runId,
        direction,
        type: item.reference.type,
        reference_id: item.reference.id,
        role: item.role,
        digest: item.reference.digest,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (Number(result.numInsertedOrUpdatedRows ?? 0) > 0) added.push(item);
  }
  return added;
}

export async function listReferences(
  reader: SqlReader,
  runId: string,
  direction: 'input' | 'output',
): Promise<readonly RunReference[]> {
  const rows = await reader
    .query<EntryTables>()
    .selectFrom('run_references')
    .selectAll()
    .where('run_id', '=', runId)
    .where('direction', '=', direction)
    .orderBy('type')
    .orderBy('reference_id')
    .orderBy('role')
    .execute();
  return rows.map((row) => ({
    reference: { type: row.type as Reference['type'], id: row.reference_id, digest: row.digest },
    role: row.role,
  }));
}

/** Parameters or tags of several runs; of the named ones only when `names` is given. */
export async function entriesOf(
  reader: SqlReader,
  table: 'run_params' | 'run_tags',
  runIds: readonly string[],
  names?: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const byRun = new Map<string, Record<string, string>>();
  if (runIds.length === 0 || names?.length === 0) return byRun;
  let query = reader.query<EntryTables>().selectFrom(table).selectAll().where('run_id', 'in', runIds);
  if (names !== undefined) query = query.where('name', 'in', names);
  for (const row of await query.orderBy('run_id').orderBy('name').execute()) {
    const entries = byRun.get(row.run_id) ?? {};
    entries[row.name] = row.value;
    byRun.set(row.run_id, entries);
  }
  return byRun;
}

/** Parameters or tags of several runs, by run, in the order of their names. */
export async function entriesInOrder(
  reader: SqlReader,
  table: 'run_params' | 'run_tags',
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const rows = await reader
    .query<EntryTables>()
    .selectFrom(table)
    .selectAll()
    .where(reader.isOneOf('run_id', runIds))
    .orderBy('run_id')
    .orderBy('name')
    .execute();
  return Map.groupBy(rows, (row) => row.run_id);
}
