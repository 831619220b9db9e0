import type { Kysely } from 'kysely';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlDatabase } from './sql-database.ts';

/**
 * One step of the schema, in portable types only: `text`, `integer` (booleans as 0/1), `bigint` (ms timestamps),
 * `double precision`; JSON as text; every index named. Never edited once released.
 */
export interface Migration {
  /** `0002-jobs`: four digits that give the order, then what it is about. */
  readonly name: string;
  /** A server of the release before cannot run on the schema after it. */
  readonly breaking: boolean;
  up(schema: Kysely<unknown>): Promise<void>;
}

interface MigrationTables {
  migrations: { name: string; applied_at: number };
}

/**
 * Applies, in the order of their names, the migrations that the database does not have yet, each in a transaction of its
 * own; returns their names. Forward only: throws SCHEMA_TOO_NEW when the database has a migration that is not listed.
 */
export async function migrate(
  database: SqlDatabase,
  migrations: readonly Migration[],
  clock: Clock,
): Promise<readonly string[]> {
  const known = new Set(migrations.map((migration) => migration.name));
  if (known.size < migrations.length) throw new Error('Two migrations have the same name.');
  const applied = await appliedMigrations(database);
  for (const name of applied) {
    if (!known.has(name)) throw esteiraError('SCHEMA_TOO_NEW', { migration: name });
  }
  const missing = migrations.filter((migration) => !applied.has(migration.name));
  missing.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const migration of missing) {
    await database.transaction(async (tx) => {
      await migration.up(tx.query<unknown>());
      await tx
        .query<MigrationTables>()
        .insertInto('migrations')
        .values({ name: migration.name, applied_at: clock.now() })
        .execute();
    });
  }
  return missing.map((migration) => migration.name);
}

async function appliedMigrations(database: SqlDatabase): Promise<ReadonlySet<string>> {
  await database.transaction(async (tx) => {
    await tx
      .query<unknown>()
      .schema.createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('applied_at', 'bigint', (column) => column.notNull())
      .execute();
  });
  const rows = await database.query<MigrationTables>().selectFrom('migrations').select('name').execute();
  return new Set(rows.map((row) => row.name));
}
