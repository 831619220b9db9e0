import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';

/** How an engine runs statements: at once, or in chunks of rows. */
export interface StatementRunner {
  run(query: CompiledQuery): Promise<{ rows: Record<string, unknown>[]; changes: bigint | undefined }>;
  stream(query: CompiledQuery, chunkSize: number): AsyncIterable<Record<string, unknown>[]>;
}

/** Kysely's way to a runner of statements. Transactions are begun with `SqlDatabase.transaction` only. */
export function createKyselyDriver(runner: StatementRunner): Driver {
  const connection = createConnection(runner);
  return {
    async init() {},
    async acquireConnection() {
      return connection;
    },
    beginTransaction: refuseTransaction,
    commitTransaction: refuseTransaction,
    rollbackTransaction: refuseTransaction,
    async releaseConnection() {},
    async destroy() {},
  };
}

function createConnection(runner: StatementRunner): DatabaseConnection {
  return {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, changes } = await runner.run(query);
      return { rows: rows as R[], ...(changes === undefined ? {} : { numAffectedRows: changes }) };
    },
    async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
      for await (const rows of runner.stream(query, chunkSize)) yield { rows: rows as R[] };
    },
  };
}

async function refuseTransaction(): Promise<never> {
  throw new Error('Transactions are begun with SqlDatabase.transaction only.');
}
