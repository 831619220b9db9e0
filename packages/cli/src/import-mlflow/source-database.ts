import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError } from '../command-error.ts';

export type SourceRow = Readonly<Record<string, string | number | boolean | null>>;

/** A database that is only read. Parameters stand as `?`. */
export interface SourceDatabase {
  rows(statement: string, parameters?: readonly (string | number)[]): Promise<readonly SourceRow[]>;
  close(): Promise<void>;
}

/** Of MLflow's workspaces the one that every server has. */
export const sourceWorkspace = 'default';

/** Head of the migrations of MLflow 3.17. */
const knownRevision = 'dc11669786a5';

/** Opens a database of MLflow by its address as MLflow writes it. Throws CommandError. */
export async function openSourceDatabase(address: string): Promise<SourceDatabase> {
  const database = address.startsWith('sqlite:') ? await openSqlite(address) : await openPostgres(address);
  try {
    await checkRevision(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function checkRevision(database: SourceDatabase): Promise<void> {
  let rows: readonly SourceRow[];
  try {
    rows = await database.rows('select version_num from alembic_version');
  } catch (error) {
    if (error instanceof CommandError && error.code !== 'SOURCE_UNREADABLE') throw error;
    throw schemaError('It has no readable table alembic_version, which every database of MLflow has.');
  }
  const revision = String(rows[0]?.version_num ?? 'none');
  if (revision === knownRevision) return;
  throw schemaError(
    `Its schema has the revision ${revision}; this command reads ${knownRevision}, that of MLflow 3.17.`,
  );
}

function schemaError(why: string): CommandError {
  return new CommandError({
    code: 'SOURCE_SCHEMA',
    what: 'The database cannot be imported.',
    why,
    todo: 'bring a copy of it up with: mlflow db upgrade (of MLflow 3.17), or import from the running server: --from http://…',
  });
}

async function openSqlite(address: string): Promise<SourceDatabase> {
  const { DatabaseSync } = await import('node:sqlite');
  const path = resolve(address.replace(/^sqlite:(\/\/\/)?/, ''));
  if (!existsSync(path)) {
    throw new CommandError({
      code: 'SOURCE_MISSING',
      what: `There is no database ${path}.`,
      todo: 'name the file as MLflow does: sqlite:////absolute/path/mlflow.db',
    });
  }
  const database = translated(() => new DatabaseSync(path, { readOnly: true, timeout: 5_000 }));
  return {
    rows: async (statement, parameters = []) =>
      translated(() => database.prepare(statement).all(...parameters) as SourceRow[]),
    close: async () => database.close(),
  };
}

const lockedCodes = new Set([5, 6]);

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
    if (lockedCodes.has(code)) {
      throw new CommandError({
        code: 'SOURCE_LOCKED',
        what: 'The database is locked.',
        why: 'MLflow, or something else, is writing it: it stayed locked for five seconds.',
        todo: 'stop the MLflow server, or import from it while it runs: --from http://…',
      });
    }
    throw unreadable(why);
  }
}

function unreadable(why: string): CommandError {
  return new CommandError({
    code: 'SOURCE_UNREADABLE',
    what: 'The database cannot be read.',
    why,
    todo: 'check the address, and that it is a database of MLflow',
  });
}

async function openPostgres(address: string): Promise<SourceDatabase> {
  const { Client } = (await import('pg')).default;
  const client = new Client({
    connectionString: address.replace(/^postgres(ql)?(\+\w+)?:/, 'postgresql:'),
    connectionTimeoutMillis: 10_000,
  });
  // bigint: times and steps are far below 2^53.
  client.setTypeParser(20, Number);
  // A connection that breaks is told by the query that needs it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Everything is read as of one moment.
    await client.query('begin transaction isolation level repeatable read read only');
  } catch (error) {
    throw new CommandError({
      code: 'SOURCE_UNREACHABLE',
      what: 'The database does not answer.',
      why: error instanceof Error ? error.message : String(error),
      todo: 'check the address and the password',
    });
  }
  return {
    async rows(statement, parameters = []) {
      let number = 0;
      try {
        const { rows } = await client.query<SourceRow>(
          statement.replaceAll('?', () => `$${++number}`),
          [...parameters],
        );
        return rows;
      } catch (error) {
        throw unreadable(error instanceof Error ? error.message : String(error));
      }
    },
    close: () => client.end(),
  };
}
