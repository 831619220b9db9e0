import {
  type ColumnDefinitionNode,
  type CompiledQuery,
  type DatabaseConnection,
  DataTypeNode,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  RawNode,
} from 'kysely';

/** How statements are run: at once, or in chunks of rows. */
interface StatementRunner {
  run(query: CompiledQuery): Promise<{ rows: Record<string, unknown>[]; changes: bigint | undefined }>;
  stream(query: CompiledQuery, chunkSize: number): AsyncIterable<Record<string, unknown>[]>;
}

/** Kysely over a runner of statements. Transactions are begun with `SqlDatabase.transaction` only. */
export function kyselyOver(runner: StatementRunner): Kysely<unknown> {
  const connection = createKyselyConnection(runner);
  const dialect: Dialect = {
    createDriver: () => createDriver(connection),
    createQueryCompiler: () => new PortableCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (database) => new PostgresIntrospector(database),
  };
  return new Kysely<unknown>({ dialect });
}

/**
 * Makes the columns of the migrations mean what they mean on SQLite: `integer` has 64 bits there, and text is compared by
 * its bytes, on which ids and paging rest.
 */
class PortableCompiler extends PostgresQueryCompiler {
  protected override visitColumnDefinition(node: ColumnDefinitionNode): void {
    super.visitColumnDefinition({ ...node, dataType: portableType(node.dataType) });
  }
}

function portableType(type: ColumnDefinitionNode['dataType']): ColumnDefinitionNode['dataType'] {
  if (!DataTypeNode.is(type)) return type;
  if (type.dataType === 'integer') return DataTypeNode.create('bigint');
  if (type.dataType === 'text') return RawNode.createWithSql('text collate "C"');
  return type;
}

function createKyselyConnection(runner: StatementRunner): DatabaseConnection {
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

function createDriver(connection: DatabaseConnection): Driver {
  async function refuseTransaction(): Promise<never> {
    throw new Error('Transactions are begun with SqlDatabase.transaction only.');
  }
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
