import type { Kysely, RawBuilder, SqlBool } from 'kysely';
import type { JsonFields } from './json-fields.ts';
import type { RowColumns, RowSource, RowValues } from './row-source.ts';

/**
 * The SQL port. What every engine promises:
 * - `transaction` is serializable with every other serializable transaction, durable when its promise resolves (fsync has
 *   happened, unless it was said to be `lazy`), and leaves nothing behind when its body throws.
 * - The body awaits SQL on `tx` and nothing else: transactions of concurrent callers may share one commit, so a body that
 *   waits for the network would stop them all.
 * - An engine with many writers runs a body again when it collided with another, so a body changes nothing outside `tx`
 *   that its next run would not overwrite. `afterCommit` and `announce` of a run that failed are forgotten.
 * - A statement that fails ends its transaction: a body that catches the error can do nothing more, and nothing is kept.
 * - Reads on the database itself see only committed data, each statement the data of its own beginning.
 * - Text is compared and ordered by its bytes (UTF-8), `integer` and `bigint` come as numbers and throw beyond 2^53.
 * Each store names its own tables: `sql.query<RunTables>().selectFrom('runs')`.
 */
export interface SqlDatabase extends SqlReader {
  transaction<R>(body: (tx: SqlTransaction) => Promise<R>, options?: TransactionOptions): Promise<R>;
  /**
   * Calls the listener for every announcement on the topic, of this process and of every other on the same database, until
   * the returned function is called. Best effort: news can be lost with a connection, so a poll must stay behind it. The
   * message is empty when none was given, and when some may have been missed.
   */
  listen(topic: SqlTopic, listener: (message: string) => void): () => void;
  /** Milliseconds since 1970 by the clock of the engine, which is one for every process on it. */
  now(): Promise<number>;
  /** Runs work that no other process on the database may run at the same time: changes of the schema. Others wait. */
  exclusive<R>(work: () => Promise<R>): Promise<R>;
  /** The statements that work on a schema would run, as text; none is run, and queries in it find no row. */
  statementsOf(work: (schema: Kysely<unknown>) => Promise<void>): Promise<readonly string[]>;
  /** Sessions this process has with a database server; absent where there is none. */
  sessions?(): SessionUse;
  readonly capabilities: SqlCapabilities;
  close(): Promise<void>;
}

export interface SessionUse {
  readonly busy: number;
  readonly idle: number;
  /** Users of the database that wait for a session. */
  readonly waiting: number;
}

/** Anything rows can be read through: the database, or a transaction that also sees its own writes. */
export interface SqlReader {
  query<Tables>(): Kysely<Tables>;
  /**
   * For a `where`: every row whose `position` is below this and was ever going to be committed can be seen, so that a
   * reader that goes on behind the highest one it saw misses none. Rows at or above it may still be preceded by others.
   */
  settledPosition(): RawBuilder<number>;
  /** For a `where`: a column of text has one of the values. The text of the statement does not depend on their number. */
  isOneOf(column: string, values: readonly string[]): RawBuilder<SqlBool>;
  /**
   * For a `select` with a `group by`: the rows of a group as the text of a JSON list of objects, in the order of the query
   * that is grouped, which is first one by the columns of the groups. To read each of many short rows and to print it again
   * takes longer than to find them.
   */
  jsonList(fields: JsonFields): RawBuilder<string>;
  /**
   * Behind an `order by` that an index serves: so many rows, and those that are level with the last of them, which the query
   * around it puts in order and cuts. An engine that plans by what it knows of the data would sort all rows of a table that
   * has only just been filled. Nothing where the engine does not need it.
   */
  firstOfIndex(rows: number): RawBuilder<unknown>;
}

export interface SqlTransaction extends SqlReader {
  /** Runs after the commit, as durable as it was asked to be; never when the transaction fails. */
  afterCommit(listener: () => void): void;
  /**
   * Says that the body begins its last statements in this turn, after those whose answers decide: an engine behind a network
   * sends its commit along with them, as with `at-once` and under the same conditions.
   */
  ends(): void;
  /** Tells the listeners of every process after the commit. At most 500 characters; the same news of one turn may be told once. */
  announce(topic: SqlTopic, message?: string): void;
  /**
   * For an `insert`: a value of the column `position` above those of every transaction that has ended, and of earlier calls
   * in this one. Readers that follow the column stop at `settledPosition`.
   */
  nextPosition(table: string): RawBuilder<number>;
  /**
   * Runs a statement that writes, for many rows: once for all of them, or once for each, whichever is faster on the engine.
   * Its text does not depend on their number, so it stays prepared. Returns what its `returning` clause does, in no order.
   */
  forEachRow<Returned>(
    columns: RowColumns,
    rows: readonly RowValues[],
    statement: (source: RowSource) => RawBuilder<Returned>,
    options?: ForEachRowOptions,
  ): Promise<readonly Returned[]>;
}

export interface ForEachRowOptions {
  /** Fails, and the transaction with it, with `RowsMissed` unless the statement returns as many rows as it was given. */
  readonly returnsEach?: true;
}

/** A statement that was to return each of its rows returned fewer. */
export class RowsMissed extends Error {
  constructor() {
    super('Not every row that was to be changed was there.');
  }
}

export interface TransactionOptions {
  /**
   * `read-committed` is for hot bodies that are right under row locks and conditional updates alone; an engine with one
   * writer ignores it.
   */
  readonly isolation?: 'serializable' | 'read-committed';
  /**
   * `lazy` does not wait for the disk: a power cut may take the commit back, never one before it without this one, and every
   * later commit that does wait makes it durable. A process that is killed loses nothing. Only for what is true again by
   * itself when it is forgotten: claims and leases of jobs (claimed again), progress, cursors of subscribers (events come at
   * least once). Never for outcomes, audit, metrics, or anything a caller was promised.
   */
  readonly durability?: 'synced' | 'lazy';
  /**
   * `at-once`: the body starts all its statements in one turn, whatever their order, and decides nothing by their answers.
   * An engine behind a network sends its commit along with them: one way there and back in place of two, and with the next
   * session that is free. What the body throws later takes nothing back, and when the connection is lost on the way the
   * body may be run again though its first run was kept: only for changes that are right when they are made twice.
   */
  readonly statements?: 'one-by-one' | 'at-once';
}

/** What processes on one database tell each other. */
export type SqlTopic =
  | 'jobs'
  | 'job-finished'
  | 'job-cancelled'
  | 'events'
  | 'audit'
  | 'limits'
  | 'tokens'
  | 'serving'
  | 'predictions'
  | 'pipelines'
  | 'changes'
  | 'leases';

/** What an engine can do, so that no room asks for its name. */
interface SqlCapabilities {
  /** More than one server process may write at the same time. */
  readonly manyWriters: boolean;
  /** `FOR UPDATE SKIP LOCKED` works. */
  readonly skipLocked: boolean;
}
