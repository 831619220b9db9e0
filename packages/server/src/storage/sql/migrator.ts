import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Clock } from '../../kernel/clock.ts';
import { EsteiraError, esteiraError } from '../../kernel/errors.ts';
import type { SqlDatabase, SqlTransaction } from './sql-database.ts';

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

/** Begins the name of a row among the migrations while a restore is under way; the name of the archive follows. */
export const unfinishedRestore = 'restore-of-';

/** A step that the database does not have yet, and the statements that make it. */
export interface PendingMigration {
  readonly name: string;
  readonly breaking: boolean;
  readonly statements: readonly string[];
}

interface MigrationTables {
  /** `digest` is null of a step that was applied before digests were kept. */
  migrations: { name: string; applied_at: number; digest: string | null };
}

interface AppliedMigration {
  readonly name: string;
  readonly digest: string | null;
}

/**
 * Applies, in the order of their names, the migrations that the database does not have yet, each in a transaction of its
 * own, or all in one when it has none; returns their names. Of several processes one migrates and the others wait. Forward only: throws SCHEMA_TOO_NEW when
 * the database has a migration that is not listed, SCHEMA_CHANGED when one that it has would make other statements today,
 * RESTORE_UNFINISHED.
 */
export async function migrate(
  database: SqlDatabase,
  migrations: readonly Migration[],
  clock: Clock,
): Promise<readonly string[]> {
  return database.exclusive(async () => {
    const applied = await readApplied(database);
    const pending = await compare(database, migrations, applied);
    const apply = async (tx: SqlTransaction, { migration, digest }: (typeof pending)[number]) => {
      await migration.up(tx.query<unknown>());
      await tx
        .query<MigrationTables>()
        .insertInto('migrations')
        .values({ name: migration.name, applied_at: clock.now(), digest })
        .execute();
    };
    // Of an empty database nothing is worth keeping when a step fails, and one commit is sooner done than many.
    const groups = applied.length === 0 ? [pending] : pending.map((step) => [step]);
    for (const group of groups) {
      await database.transaction(async (tx) => {
        for (const step of group) await apply(tx, step);
      });
    }
    await adoptDigests(database, migrations, applied);
    return pending.map(({ migration }) => migration.name);
  });
}

/** What `migrate` would do now. Changes nothing; throws what it throws. */
export async function pendingMigrations(
  database: SqlDatabase,
  migrations: readonly Migration[],
): Promise<readonly PendingMigration[]> {
  const tables = await database.query<unknown>().introspection.getTables();
  const applied = tables.some((table) => table.name === 'migrations') ? await selectApplied(database) : [];
  const pending = await compare(database, migrations, applied);
  return pending.map(({ migration, statements }) => ({
    name: migration.name,
    breaking: migration.breaking,
    statements,
  }));
}

/** SHA-256 of the statements that a migration makes on the engine. */
export async function digestMigration(database: SqlDatabase, migration: Migration): Promise<string> {
  return digestOf(await statementsOf(database, migration));
}

async function compare(
  database: SqlDatabase,
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
) {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  if (known.size < migrations.length) throw new Error('Two migrations have the same name.');
  for (const { name, digest } of applied) {
    if (name.startsWith(unfinishedRestore)) {
      throw esteiraError('RESTORE_UNFINISHED', { archive: name.slice(unfinishedRestore.length) });
    }
    const migration = known.get(name);
    if (migration === undefined) throw esteiraError('SCHEMA_TOO_NEW', { migration: name });
    if (digest !== null && digest !== (await digestMigration(database, migration))) {
      throw esteiraError('SCHEMA_CHANGED', { migration: name });
    }
  }
  const names = new Set(applied.map(({ name }) => name));
  const missing = migrations.filter((migration) => !names.has(migration.name));
  missing.sort((a, b) => (a.name < b.name ? -1 : 1));
  const pending: { migration: Migration; statements: readonly string[]; digest: string }[] = [];
  for (const migration of missing) {
    const statements = await statementsOf(database, migration);
    pending.push({ migration, statements, digest: digestOf(statements) });
  }
  return pending;
}

function statementsOf(database: SqlDatabase, migration: Migration): Promise<readonly string[]> {
  return database.statementsOf((schema) => migration.up(schema));
}

function digestOf(statements: readonly string[]): string {
  return createHash('sha256').update(statements.join('\n')).digest('hex');
}

/** Makes the table of the migrations first where it is missing, or is that of a release without digests. */
async function readApplied(database: SqlDatabase): Promise<readonly AppliedMigration[]> {
  // Asked before it is made: a server whose user may not change the schema starts on one that is complete.
  const known = await selectApplied(database).catch(rethrowKnown);
  if (known !== undefined) return known;
  await database.transaction(async (tx) => {
    await tx
      .query<unknown>()
      .schema.createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('applied_at', 'bigint', (column) => column.notNull())
      .addColumn('digest', 'text')
      .execute();
  });
  const made = await selectApplied(database).catch(rethrowKnown);
  if (made !== undefined) return made;
  await database.transaction(async (tx) => {
    await tx.query<unknown>().schema.alterTable('migrations').addColumn('digest', 'text').execute();
  });
  return selectApplied(database);
}

function selectApplied(database: SqlDatabase): Promise<readonly AppliedMigration[]> {
  return database
    .query<MigrationTables>()
    .selectFrom('migrations')
    .select(['name', 'digest'])
    .orderBy('name')
    .execute();
}

function rethrowKnown(error: unknown): undefined {
  if (error instanceof EsteiraError) throw error;
  return undefined;
}

async function adoptDigests(
  database: SqlDatabase,
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): Promise<void> {
  const without = new Set(applied.filter(({ digest }) => digest === null).map(({ name }) => name));
  if (without.size === 0) return;
  for (const migration of migrations) {
    if (!without.has(migration.name)) continue;
    const digest = await digestMigration(database, migration);
    await database.transaction(async (tx) => {
      await tx
        .query<MigrationTables>()
        .updateTable('migrations')
        .set({ digest })
        .where('name', '=', migration.name)
        .execute();
    });
  }
}
