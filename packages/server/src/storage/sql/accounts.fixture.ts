import { commitEpochs } from '../../migrations/0016-commit-epochs.ts';
import type { SqlDatabase, SqlReader } from './sql-database.ts';

/** The tables that the contracts of an engine write to. */
export interface AccountTables {
  accounts: { id: string; balance: number; share: number; note: string | null; at: number };
  places: { id: string; position: number };
}

/** Creates the tables of `AccountTables` in an empty database. */
export async function createAccountTables(database: SqlDatabase): Promise<void> {
  await database.transaction(async (tx) => {
    await tx
      .query<AccountTables>()
      .schema.createTable('accounts')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('balance', 'integer', (column) => column.notNull())
      .addColumn('share', 'double precision', (column) => column.notNull())
      .addColumn('note', 'text')
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute();
    await tx
      .query<AccountTables>()
      .schema.createTable('places')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('position', 'bigint', (column) => column.notNull())
      .execute();
    await commitEpochs.up(tx.query<unknown>());
  });
}

export function addAccount(reader: SqlReader, id: string, balance = 0) {
  return reader
    .query<AccountTables>()
    .insertInto('accounts')
    .values({ id, balance, share: 0.1, note: null, at: 1_753_000_000_000 })
    .execute();
}

/** The accounts whose ids begin so, in order. */
export async function accountIds(reader: SqlReader, prefix: string): Promise<string[]> {
  const rows = await reader
    .query<AccountTables>()
    .selectFrom('accounts')
    .select('id')
    .where('id', 'like', `${prefix}%`)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}
