import { chmod, rm } from 'node:fs/promises';
import type { DuckDBConnection, DuckDBResult, DuckDBValue } from '@duckdb/node-api';
import { esteiraError } from '../../../kernel/errors.ts';
import { quoteLiteral, type SqlValue, type TableEngine, type TableRow } from '../table-engine.ts';
import { readNumericColumns } from './numeric-columns.ts';
import { portableValues } from './portable-values.ts';

export type TableQueries = Omit<TableEngine, 'session' | 'close'>;

/** The operations of the port on one connection. */
export function queryConnection(connection: DuckDBConnection): TableQueries {
  return {
    async query(sql, parameters = []) {
      try {
        const result = await connection.run(sql, bind(parameters));
        return (await result.convertRowObjects(portableValues)) as readonly TableRow[];
      } catch (error) {
        throw asTableError(error);
      }
    },

    async numericColumns(sql, parameters = []) {
      try {
        return await readNumericColumns(connection, sql, bind(parameters));
      } catch (error) {
        throw asTableError(error);
      }
    },

    async *stream(sql, parameters = []) {
      try {
        const result: DuckDBResult = await connection.stream(sql, bind(parameters));
        for await (const rows of result.yieldConvertedRowObjects(portableValues)) yield rows as TableRow[];
      } catch (error) {
        throw asTableError(error);
      }
    },

    async writeParquet(select, path, parameters = []) {
      const sql = `copy (${select}\n) to ${quoteLiteral(path)} (format parquet, compression zstd)`;
      try {
        const result = await connection.run(sql, bind(parameters));
        await chmod(path, 0o600);
        return { rows: result.rowsChanged };
      } catch (error) {
        if (!isRefusal(error)) await rm(path, { force: true });
        throw asTableError(error);
      }
    },
  };
}

function bind(parameters: readonly SqlValue[]): DuckDBValue[] {
  return [...parameters];
}

// A commit that finds no memory words it as its own failure, with the allocation in the middle of the text.
const outOfMemory =
  /^Out of Memory Error|(could not allocate|failed to allocate|failed to pin) (block|data) of size/;

/** DuckDB's own words stay in `cause`: rooms map what they know, the caller of the API sees none of them. */
function asTableError(error: unknown): Error {
  if (/No space left on device|File too large|max_temp_directory_size/.test(messageOf(error))) {
    return esteiraError('STORAGE_FULL', {}, error);
  }
  if (outOfMemory.test(messageOf(error))) {
    const limit = /\/([\d.]+ [KMGT]iB) used/.exec(messageOf(error))?.[1] ?? 'memory';
    return esteiraError('TABLE_MEMORY_EXCEEDED', { limit }, error);
  }
  return new Error('The table engine could not run the statement.', { cause: error });
}

function isRefusal(error: unknown): boolean {
  return messageOf(error).startsWith('Permission Error');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
