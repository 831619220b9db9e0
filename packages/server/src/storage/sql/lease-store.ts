import { sql } from 'kysely';
import type { SqlDatabase, SqlReader, SqlTransaction } from './sql-database.ts';

interface LeaseTables {
  leases: { name: string; owner: string; expires_at: number; fence: number };
}

/** A lease as every process sees it. */
export interface LeaseRow {
  readonly name: string;
  /** `replica:process`. */
  readonly owner: string;
  readonly expiresAt: number;
  /** Grows with every change of hands. */
  readonly fence: number;
}

/**
 * Takes a lease that is free, over, or left by another process of the same replica: its folder has one process at a time,
 * so that one is dead. Returns the new fence; undefined while somebody else holds it.
 */
export async function takeLease(
  tx: SqlTransaction,
  wanted: { name: string; owner: string; now: number; expiresAt: number },
): Promise<number | undefined> {
  const { name, owner, now, expiresAt } = wanted;
  const replica = owner.slice(0, owner.indexOf(':') + 1);
  const row = await tx
    .query<LeaseTables>()
    .insertInto('leases')
    .values({ name, owner, expires_at: expiresAt, fence: 1 })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ owner, expires_at: expiresAt, fence: sql<number>`leases.fence + 1` })
        .where((expression) =>
          expression.or([
            expression('leases.expires_at', '<=', now),
            expression(sql<string>`substr(leases.owner, 1, ${sql.lit(replica.length)})`, '=', replica),
          ]),
        ),
    )
    .returning('fence')
    .executeTakeFirst();
  return row?.fence;
}

/** Prolongs what the owner holds of `names`; returns the fences of those that it still holds. */
export async function renewHeldLeases(
  tx: SqlTransaction,
  owner: string,
  names: readonly string[],
  expiresAt: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx
    .query<LeaseTables>()
    .updateTable('leases')
    .set({ expires_at: expiresAt })
    .where('owner', '=', owner)
    .where('name', 'in', [...names])
    // One that is being given back stays given back.
    .where('expires_at', '>', 0)
    .returning(['name', 'fence'])
    .execute();
  return new Map(rows.map((row) => [row.name, row.fence]));
}

/** Leaves the row, so that the fence goes on counting. */
export async function giveBackLease(tx: SqlTransaction, owner: string, name: string): Promise<void> {
  await tx
    .query<LeaseTables>()
    .updateTable('leases')
    .set({ expires_at: 0 })
    .where('owner', '=', owner)
    .where('name', '=', name)
    .execute();
}

export async function findLease(reader: SqlReader, name: string): Promise<LeaseRow | undefined> {
  const row = await selectLeases(reader).where('name', '=', name).executeTakeFirst();
  return row === undefined ? undefined : toLease(row);
}

/** The lease as it is until the transaction ends: nobody takes it meanwhile. */
export async function lockLease(
  tx: SqlTransaction,
  name: string,
  capabilities: SqlDatabase['capabilities'],
): Promise<LeaseRow | undefined> {
  const one = selectLeases(tx).where('name', '=', name);
  // Where there is one writer, nobody else writes before this transaction ends.
  const row = await (capabilities.manyWriters ? one.forShare() : one).executeTakeFirst();
  return row === undefined ? undefined : toLease(row);
}

/** All leases by name, those that are over too. */
export async function listLeases(reader: SqlReader): Promise<readonly LeaseRow[]> {
  return (await selectLeases(reader).orderBy('name').execute()).map(toLease);
}

function selectLeases(reader: SqlReader) {
  return reader.query<LeaseTables>().selectFrom('leases').selectAll();
}

function toLease(row: LeaseTables['leases']): LeaseRow {
  return { name: row.name, owner: row.owner, expiresAt: row.expires_at, fence: row.fence };
}
