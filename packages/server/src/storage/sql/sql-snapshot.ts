/**
 * One moment of a whole database, read beside its writers without holding them up. What every engine promises:
 * - Everything that was committed before the snapshot was opened is in it, and nothing of any transaction after it.
 * - Rows come in chunks, so that a table of any length needs the memory of a chunk.
 * - Text is ordered by its bytes; `integer` and `bigint` come as numbers and throw beyond 2^53.
 */
export interface SqlSnapshot {
  /** `sqlite` or `postgres`. */
  readonly engine: string;
  /** Names of all tables, sorted. */
  tables(): Promise<readonly string[]>;
  /** The values of the columns, in their order, of all rows, sorted by the columns `order`. */
  rows(table: {
    readonly name: string;
    readonly columns: readonly string[];
    readonly order: readonly string[];
  }): AsyncIterable<readonly (readonly unknown[])[]>;
  close(): Promise<void>;
}

/** A name as it stands in SQL, on every engine. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
