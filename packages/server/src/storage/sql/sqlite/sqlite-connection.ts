import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { esteiraError } from '../../../kernel/errors.ts';

interface StatementResult {
  readonly rows: Record<string, unknown>[];
  /** Undefined when the statement returned rows. */
  readonly changes: number | bigint | undefined;
}

/** One SQLite connection whose statements stay prepared. Synchronous, as node:sqlite is. */
export interface SqliteConnection {
  run(sql: string, parameters: readonly unknown[]): StatementResult;
  readonly inTransaction: boolean;
  close(): void;
}

interface PreparedStatement {
  readonly statement: StatementSync;
  readonly columns: readonly string[];
}

// Kysely writes one text per shape of query, so this holds every statement of the server; the bound is for bulk inserts
// whose text grows with the number of their rows.
const maxPrepared = 500;

// SQLITE_FULL, and the SQLITE_IOERR_… of a write that found no room: WRITE, FSYNC, DIR_FSYNC, TRUNCATE, SHMSIZE, SHMMAP.
// A file-size limit (EFBIG) comes as WRITE. https://sqlite.org/rescode.html
const noRoomCodes: ReadonlySet<number> = new Set([13, 778, 1034, 1290, 1546, 4874, 5386]);

/**
 * Opens a file, or `:memory:`, which begins as the image of a database where one is given. Statements throw STORAGE_FULL,
 * STORAGE_READ_ONLY, else the error of SQLite.
 */
export function openSqliteConnection(
  path: string,
  options: { readOnly?: boolean; image?: Uint8Array } = {},
): SqliteConnection {
  const database = new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: 5000 });
  if (options.image !== undefined) database.deserialize(options.image);
  const prepared = new Map<string, PreparedStatement>();

  function prepare(sql: string): PreparedStatement {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    const made = { statement, columns: statement.columns().map((column) => column.name) };
    prepared.set(sql, made);
    if (prepared.size > maxPrepared) {
      for (const oldest of prepared.keys()) {
        prepared.delete(oldest);
        break;
      }
    }
    return made;
  }

  return {
    run(sql, parameters) {
      try {
        const { statement, columns } = prepare(sql);
        const values = parameters as readonly SQLInputValue[];
        for (const value of values) refuseNul(value);
        if (columns.length === 0) return { rows: [], changes: statement.run(...values).changes };
        return {
          rows: toObjects(statement.all(...values) as unknown as unknown[][], columns),
          changes: undefined,
        };
      } catch (error) {
        if (isOutOfRoom(error)) throw esteiraError('STORAGE_FULL', {}, error);
        if (options.readOnly !== true && isReadOnly(error))
          throw esteiraError('STORAGE_READ_ONLY', { problem: 'SQLITE_READONLY' }, error);
        throw error;
      }
    },
    get inTransaction() {
      return database.isTransaction;
    },
    close() {
      prepared.clear();
      database.close();
    },
  };
}

// Arrays turned into objects here are faster than the objects of node:sqlite, and have the ordinary prototype.
function toObjects(rows: readonly unknown[][], columns: readonly string[]): Record<string, unknown>[] {
  return rows.map((values) => {
    const row: Record<string, unknown> = {};
    for (let index = 0; index < columns.length; index++) row[columns[index] as string] = values[index];
    return row;
  });
}

// No other engine holds it in text, so an installation that did could not move.
function refuseNul(value: SQLInputValue): void {
  if (typeof value === 'string' && value.includes('\u0000')) {
    throw esteiraError('INVALID_REQUEST', { problem: 'text with the character NUL cannot be stored' });
  }
}

/** Whether an error of SQLite or of the system says that the disk has no room. */
export function isOutOfRoom(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error) return noRoomCodes.has(error.errcode as number);
  return 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG');
}

/** SQLITE_READONLY and its kinds, told by the lowest byte. */
function isReadOnly(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && ((error.errcode as number) & 0xff) === 8;
}
