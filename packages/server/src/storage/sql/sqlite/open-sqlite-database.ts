import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, openSync } from 'node:fs';
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { esteiraError } from '../../../kernel/errors.ts';
import { type Logger, silentLogger } from '../../../kernel/logger.ts';
import {
  parameterSource,
  parametersOfRow,
  parametersWithRows,
  type RowColumns,
  type RowSource,
  type RowValues,
  textWithRows,
  valuesSource,
} from '../row-source.ts';
import {
  type ForEachRowOptions,
  RowsMissed,
  type SqlDatabase,
  type SqlTransaction,
  type TransactionOptions,
} from '../sql-database.ts';
import { type Announcement, createTopicListeners, noteAnnouncement } from '../topic-listeners.ts';
import { createGroupCommit } from './group-commit.ts';
import { sqliteJsonList } from './json-list.ts';
import { createLogFlusher, type LogFlusher } from './log-flusher.ts';
import { openSqliteConnection, type SqliteConnection } from './sqlite-connection.ts';
import { kyselyOver } from './sqlite-dialect.ts';
import { sqliteStatementsOf } from './statements-of.ts';

/** The transaction whose body the current code belongs to; closed when the body has ended. */
interface BodyScope {
  open: boolean;
  /** Why a statement of the body failed. It takes back the body even when the body goes on. */
  failure?: unknown;
}

/**
 * Opens a database file (made with mode 0600 when it is missing) or `:memory:`. A file has a writer and a read-only
 * connection; memory has one, whose readers wait for the end of an open transaction.
 */
export function openSqliteDatabase(options: {
  path: string;
  /** What a database in memory begins with: the bytes of another. */
  image?: Uint8Array;
  logger?: Logger;
  /** Waits for the disk; `createLogFlusher` unless given. */
  flusher?: LogFlusher;
}): SqlDatabase {
  const inMemory = options.path === ':memory:';
  const writer = inMemory ? openWriter(':memory:', options.image) : openFileWriter(options.path);
  const reader = inMemory ? readOnlyView(writer) : openReader(options.path);
  const logger = options.logger ?? silentLogger;
  const flusher = options.flusher ?? (inMemory ? noDisk : createLogFlusher(options.path));
  const group = createGroupCommit({ connection: writer, flush: flusher.flush });
  const topics = createTopicListeners(logger);
  const scopes = new AsyncLocalStorage<BodyScope>();
  let running: BodyScope | undefined;
  let closed = false;

  const reads = kyselyOver(reader, () => {
    if (scopes.getStore()?.open === true) throw new Error('Inside a transaction, read through its `tx`.');
    return inMemory ? group.ended() : undefined;
  });
  const noting = notingFailure(writer, () => running);
  const admitWrite = (): undefined => {
    const scope = scopes.getStore();
    if (scope === undefined || !scope.open || scope !== running) {
      throw new Error('A transaction was used outside its body, or a statement of it was not awaited.');
    }
    if ('failure' in scope) throw new Error('An earlier statement of the transaction has failed.');
    // After SQLite has rolled back by itself, a further statement would commit on its own.
    if (!writer.inTransaction) throw new Error('The transaction has already been rolled back.');
    return undefined;
  };
  const writes = kyselyOver(noting, admitWrite);

  return {
    capabilities: { manyWriters: false, skipLocked: false },
    query: <Tables>() => reads as unknown as Kysely<Tables>,
    settledPosition: everyPosition,
    isOneOf: isOneOfJson,
    jsonList: sqliteJsonList,
    firstOfIndex: allInOrder,
    listen: topics.listen,

    async now() {
      const { rows } = await sql<{ now: number }>`
        select cast(unixepoch('subsec') * 1000 as integer) as now`.execute(reads);
      return rows[0]?.now ?? 0;
    },

    transaction<R>(body: (tx: SqlTransaction) => Promise<R>, choice: TransactionOptions = {}): Promise<R> {
      if (closed) return Promise.reject(new Error('The database is closed.'));
      if (scopes.getStore()?.open === true) {
        return Promise.reject(new Error('A transaction was begun inside another; pass `tx` down instead.'));
      }
      return new Promise<R>((resolve, reject) => {
        const listeners: (() => void)[] = [];
        const announcements: Announcement[] = [];
        const tx: SqlTransaction = {
          query: <Tables>() => writes as unknown as Kysely<Tables>,
          settledPosition: everyPosition,
          isOneOf: isOneOfJson,
          jsonList: sqliteJsonList,
          firstOfIndex: allInOrder,
          nextPosition,
          // A commit is for many bodies, and there is no way there and back to be saved.
          ends() {},
          async forEachRow<Returned>(
            columns: RowColumns,
            rows: readonly RowValues[],
            statement: (source: RowSource) => RawBuilder<Returned>,
            { returnsEach }: ForEachRowOptions = {},
          ) {
            admitWrite();
            if (rows.length === 0) return [];
            const returned: Returned[] = [];
            function runOne(text: string, parameters: readonly unknown[]): void {
              for (const each of noting.run(text, parameters).rows) returned.push(each as Returned);
            }
            let positioned = false;
            const positionOf = (table: string) => {
              positioned = true;
              return nextPosition(table);
            };
            const single = statement(parameterSource(columns, positionOf)).compile(writes);
            let done = 0;
            if (!positioned && rows.length >= rowsAtOnce) {
              const several = statement(valuesSource(columns)).compile(writes);
              const text = textWithRows(several.sql, columns, rowsAtOnce);
              for (; done + rowsAtOnce <= rows.length; done += rowsAtOnce) {
                runOne(text, parametersWithRows(several.parameters, rows.slice(done, done + rowsAtOnce)));
              }
            }
            for (const row of rows.slice(done)) runOne(single.sql, parametersOfRow(single.parameters, row));
            if (returnsEach && returned.length !== rows.length) {
              scope.failure = new RowsMissed();
              throw scope.failure;
            }
            return returned;
          },
          afterCommit: (listener) => listeners.push(listener),
          announce: (topic, message) => noteAnnouncement(announcements, topic, message),
        };
        const scope: BodyScope = { open: true };
        let result: { value: R } | undefined;
        group.add({
          lazy: choice.durability === 'lazy',
          async run() {
            running = scope;
            try {
              const value = await scopes.run(scope, () => body(tx));
              if ('failure' in scope) throw scope.failure;
              result = { value };
            } finally {
              scope.open = false;
              running = undefined;
            }
          },
          committed() {
            if (result !== undefined) resolve(result.value);
            for (const listener of listeners) runListener(listener, logger);
            for (const announcement of announcements) topics.tell(announcement);
          },
          failed: reject,
        });
      });
    },

    // The data directory has one process.
    exclusive: (work) => work(),

    statementsOf: sqliteStatementsOf,

    async close() {
      if (closed) return;
      closed = true;
      await group.drained();
      flusher.close();
      reader.close();
      writer.close();
    },
  };
}

const noDisk: LogFlusher = { flush: async () => {}, close() {} };

// Each run of a statement has its price beside that of its rows; beyond some tens of rows little is left of it.
const rowsAtOnce = 20;

// One writer: the highest position so far cannot change before its transaction commits.
function nextPosition(table: string): RawBuilder<number> {
  return sql<number>`(select coalesce(max(position), 0) + 1 from ${sql.table(table)})`;
}

function isOneOfJson(column: string, values: readonly string[]): RawBuilder<SqlBool> {
  return sql`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`;
}

// SQLite takes rows from the index as they are wanted, and sorts only those that are level.
function allInOrder(): RawBuilder<unknown> {
  return sql``;
}

// With one writer positions are committed in their order, so whatever can be seen is settled.
function everyPosition(): RawBuilder<number> {
  return sql<number>`${sql.lit(Number.MAX_SAFE_INTEGER)}`;
}

function notingFailure(writer: SqliteConnection, scope: () => BodyScope | undefined): SqliteConnection {
  return {
    run(statement, parameters) {
      try {
        return writer.run(statement, parameters);
      } catch (error) {
        const current = scope();
        if (current !== undefined && !('failure' in current)) current.failure = error;
        throw error;
      }
    },
    get inTransaction() {
      return writer.inTransaction;
    },
    close: () => writer.close(),
  };
}

function openFileWriter(path: string): SqliteConnection {
  // SQLite gives the -wal and -shm files the mode of the main file.
  closeSync(openSync(path, 'a', 0o600));
  try {
    const writer = openWriter(path);
    writer.run('pragma journal_mode = wal', []);
    return writer;
  } catch (error) {
    throw isDamage(error) ? esteiraError('DATABASE_DAMAGED', { path }, error) : error;
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
function isDamage(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (error.errcode === 11 || error.errcode === 26);
}

function openWriter(path: string, image?: Uint8Array): SqliteConnection {
  const writer = openSqliteConnection(path, image === undefined ? {} : { image });
  // Commits leave the disk to the flusher, which does it many at a time and beside other work. What SQLite itself must have
  // on the disk before it goes on, it waits for (https://sqlite.org/pragma.html#pragma_synchronous).
  writer.run('pragma synchronous = normal', []);
  // A page that many commits change is written into the file once; each time costs a wait for the disk.
  writer.run('pragma wal_autocheckpoint = 4000', []);
  writer.run('pragma foreign_keys = on', []);
  writer.run('pragma temp_store = memory', []);
  mindCase(writer);
  return writer;
}

function openReader(path: string): SqliteConnection {
  const reader = openSqliteConnection(path, { readOnly: true });
  reader.run('pragma temp_store = memory', []);
  // 32 MiB where SQLite takes two by itself: a search reads some six thousand pages, each of them from the system otherwise.
  reader.run('pragma cache_size = -32768', []);
  mindCase(reader);
  return reader;
}

/** `like` minds the case, as it does in PostgreSQL. */
function mindCase(connection: SqliteConnection): void {
  connection.run('pragma case_sensitive_like = on', []);
}

// What a file's read connection refuses, memory refuses too.
function readOnlyView(writer: SqliteConnection): SqliteConnection {
  return {
    run(sql, parameters) {
      writer.run('pragma query_only = on', []);
      try {
        return writer.run(sql, parameters);
      } finally {
        writer.run('pragma query_only = off', []);
      }
    },
    inTransaction: false,
    close() {},
  };
}

function runListener(listener: () => void, logger: Logger): void {
  try {
    listener();
  } catch (error) {
    logger.error({ err: error }, 'a listener of a commit failed');
  }
}
