import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBDoubleVector,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';

const numericTypes: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BOOLEAN,
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
]);

const timeTypes: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
]);

const textTypes: ReadonlySet<DuckDBTypeId> = new Set([DuckDBTypeId.VARCHAR, DuckDBTypeId.ENUM]);

/**
 * Runs a query and reads its columns as doubles. DuckDB itself makes doubles of everything (on its own threads), so that
 * here only plain memory is copied: 800,000 rows of 20 columns in half a second. Memory holds the columns once, and one of
 * them twice.
 */
export async function readNumericColumns(
  connection: DuckDBConnection,
  sql: string,
  parameters: DuckDBValue[],
): Promise<ReadonlyMap<string, Float64Array>> {
  const { names, types } = await describe(connection, sql, parameters);
  const aliases = names.map((_, index) => `c${index}`).join(', ');
  const doubles = types.map((type, index) => asDouble(`c${index}`, type)).join(', ');
  const result = await connection.stream(
    `select ${doubles} from (${sql}\n) as source(${aliases})`,
    parameters,
  );
  const columns = names.map(() => createGrowingColumn());
  for await (const chunk of result) {
    for (const [index, column] of columns.entries()) append(column, chunk, index);
  }
  return new Map(names.map((name, index) => [name, columns[index]?.finish() ?? new Float64Array()]));
}

interface GrowingColumn {
  /** Room for so many more values. */
  next(count: number): Float64Array;
  /** The whole column; what it grew in is freed. */
  finish(): Float64Array;
}

// Half a megabyte: large enough that the system takes the memory of a block back when it is freed.
const blockValues = 65_536;

function createGrowingColumn(): GrowingColumn {
  const blocks: Float64Array<ArrayBuffer>[] = [];
  let rows = 0;
  let used = 0;

  return {
    next(count) {
      let block = blocks.at(-1);
      if (block === undefined || used + count > block.length) {
        if (block !== undefined) blocks[blocks.length - 1] = block.subarray(0, used);
        // A column of few values takes little more than they need.
        block = new Float64Array(Math.max(count, Math.min(blockValues, 4 * rows)));
        blocks.push(block);
        used = 0;
      }
      rows += count;
      used += count;
      return block.subarray(used - count, used);
    },
    finish() {
      const last = blocks.at(-1);
      if (last !== undefined) blocks[blocks.length - 1] = last.subarray(0, used);
      const whole = new Float64Array(rows);
      let offset = 0;
      for (const block of blocks) {
        whole.set(block, offset);
        offset += block.length;
        // Frees the block now and not when garbage is collected next.
        block.buffer.transfer(0);
      }
      return whole;
    },
  };
}

// A statement with parameters has no types before they are bound, so its empty prefix is run to learn them.
async function describe(
  connection: DuckDBConnection,
  sql: string,
  parameters: DuckDBValue[],
): Promise<{ names: readonly string[]; types: readonly DuckDBTypeId[] }> {
  const empty = await connection.run(`select * from (${sql}\n) limit 0`, parameters);
  const names = empty.columnNames();
  return { names, types: names.map((_, index) => empty.columnTypeId(index)) };
}

function asDouble(column: string, type: DuckDBTypeId): string {
  if (numericTypes.has(type)) return `coalesce(cast(${column} as double), 'nan'::double)`;
  // A session speaks UTC, so the cast of a zoned timestamp keeps its instant.
  if (timeTypes.has(type))
    return `coalesce(cast(epoch_ms(cast(${column} as timestamp)) as double), 'nan'::double)`;
  if (textTypes.has(type)) return `coalesce(try_cast(cast(${column} as varchar) as double), 'nan'::double)`;
  return `'nan'::double`;
}

function append(column: GrowingColumn, chunk: DuckDBDataChunk, index: number): void {
  const vector = chunk.getColumnVector(index);
  if (!(vector instanceof DuckDBDoubleVector))
    throw new Error('DuckDB has returned another type than DOUBLE.');
  const values = column.next(chunk.rowCount);
  for (let row = 0; row < values.length; row++) values[row] = vector.getItem(row) ?? Number.NaN;
}
