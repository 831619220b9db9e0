import type { Kysely } from 'kysely';

/**
 * The SQL port. What every engine promises:
 * - `transaction` is serializable with every other transaction, durable when its promise resolves (fsync has happened),
 *   and leaves nothing behind when its body throws.
 * - The body awaits SQL on `tx` and nothing else: transactions of concurrent callers share one commit, so a body that
 *   waits for the network would stop them all.
 * - Reads on the database itself see only committed data.
 * Each store names its own tables: `sql.query<RunTables>().selectFrom('runs')`.
 */
export interface SqlDatabase extends SqlReader {
  transaction<R>(body: (tx: SqlTransaction) => Promise<R>): Promise<R>;
  readonly capabilities: SqlCapabilities;
  close(): Promise<void>;
}

/** Anything rows can be read through: the database, or a transaction that also sees its own writes. */
export interface SqlReader {
  query<Tables>(): Kysely<Tables>;
}

export interface SqlTransaction extends SqlReader {
  /** Runs after the commit is durable; never when the transaction fails. */
  afterCommit(listener: () => void): void;
}

/** What an engine can do, so that no room asks for its name. */
interface SqlCapabilities {
  /** More than one server process may write at the same time. */
  readonly manyWriters: boolean;
  /** `FOR UPDATE SKIP LOCKED` works. */
  readonly skipLocked: boolean;
}
