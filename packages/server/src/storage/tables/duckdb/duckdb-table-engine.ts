import { mkdir } from 'node:fs/promises';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { quoteLiteral, type TableEngine } from '../table-engine.ts';
import { createConnectionPool } from './connection-pool.ts';
import { queryConnection, type TableQueries } from './duckdb-queries.ts';

/**
 * Opens DuckDB in memory, locked down: it reads and writes below `directories` and `temporaryDirectory` only, loads no
 * extension, speaks UTC, and no statement can change that.
 */
export async function openDuckdbTableEngine(options: {
  /** Absolute paths of the blob store and its temporary directories. */
  directories: readonly string[];
  /** Where results that exceed the memory spill; created with mode 0700 when missing. */
  temporaryDirectory: string;
  /** In the words of DuckDB; `512MB` unless given. */
  memoryLimit?: string;
  /** 2 unless given. */
  threads?: number;
  /** Whether what was read of files is kept in the memory, for files that are read again; it is unless said otherwise. */
  keepsFiles?: boolean;
}): Promise<TableEngine> {
  await mkdir(options.temporaryDirectory, { recursive: true, mode: 0o700 });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads ?? 2),
    allocator_background_threads: 'true',
    // Memory of a finished query goes back to the system soon: other rooms and the model server want it.
    allocator_flush_threshold: '16MB',
    allocator_bulk_deallocation_flush_threshold: '32MB',
    enable_external_file_cache: String(options.keepsFiles ?? true),
    memory_limit: options.memoryLimit ?? '512MB',
    temp_directory: options.temporaryDirectory,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  await lockDown(instance, options.directories);
  const pool = createConnectionPool(instance);

  function pooled<R>(work: (queries: TableQueries) => Promise<R>): Promise<R> {
    return pool.use((connection) => work(queryConnection(connection)));
  }

  return {
    query: (sql, parameters) => pooled((queries) => queries.query(sql, parameters)),
    numericColumns: (sql, parameters) => pooled((queries) => queries.numericColumns(sql, parameters)),
    writeParquet: (select, path, parameters) =>
      pooled((queries) => queries.writeParquet(select, path, parameters)),

    async *stream(sql, parameters) {
      const connection = await pool.take();
      try {
        yield* queryConnection(connection).stream(sql, parameters);
      } finally {
        pool.giveBack(connection);
      }
    },

    async session(body) {
      const connection = await instance.connect();
      try {
        return await body(queryConnection(connection));
      } finally {
        connection.closeSync();
      }
    },

    async close() {
      await pool.close();
      instance.closeSync();
    },
  };
}

async function lockDown(instance: DuckDBInstance, directories: readonly string[]): Promise<void> {
  const connection: DuckDBConnection = await instance.connect();
  const allowed = directories.map(quoteLiteral).join(', ');
  await connection.run("set global timezone = 'UTC'");
  await connection.run(`set global allowed_directories = [${allowed}]`);
  await connection.run('set global enable_external_access = false');
  await connection.run('set global lock_configuration = true');
  connection.closeSync();
}
