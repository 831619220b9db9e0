/**
 * The tables port: SQL over Parquet and CSV files that the blob store holds. What every engine promises:
 * - Files are named only by paths the blob store or `temporaryDirectory` gave out; anything else is refused by the engine.
 * - Memory is bounded; what does not fit spills to the data directory. Throws TABLE_MEMORY_EXCEEDED where a part of the work
 *   cannot spill, and STORAGE_FULL when there is no room for what does.
 * - Values come back as JavaScript numbers (64-bit integers and decimals become doubles), strings, booleans, null, or
 *   milliseconds since 1970 for dates and timestamps.
 */
export interface TableEngine {
  /** Runs one statement and returns its rows. `parameters` fill `$1`, `$2`, …. */
  query(sql: string, parameters?: readonly SqlValue[]): Promise<readonly TableRow[]>;
  /** Returns columns as typed arrays; null and non-numeric become NaN. For training and statistics: no row objects. */
  numericColumns(sql: string, parameters?: readonly SqlValue[]): Promise<ReadonlyMap<string, Float64Array>>;
  /** Streams rows in chunks of a few thousand. */
  stream(sql: string, parameters?: readonly SqlValue[]): AsyncIterable<readonly TableRow[]>;
  /** Writes the result of `select` to a Parquet file (zstd) at a path below a temporary directory; returns its rows. */
  writeParquet(select: string, path: string, parameters?: readonly SqlValue[]): Promise<{ rows: number }>;
  /** Runs several statements on one connection of their own (temporary tables stay private), which is closed after. */
  session<R>(body: (engine: Omit<TableEngine, 'session' | 'close'>) => Promise<R>): Promise<R>;
  close(): Promise<void>;
}

export type SqlValue = string | number | boolean | null;
export type TableRow = Readonly<Record<string, unknown>>;

/** Quotes an identifier for SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a string literal for SQL, for places where parameters are not allowed (file names). */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** What the engine said of a statement it refused; undefined for errors of any other kind, like a full disk. */
export function engineMessage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !(error.cause instanceof Error) || 'code' in error) return undefined;
  return error.cause.message;
}

/** Its first line, for people who wrote an expression: it names the column or function that does not fit. */
export function engineProblem(error: unknown): string | undefined {
  return engineMessage(error)?.split('\n', 1)[0];
}
