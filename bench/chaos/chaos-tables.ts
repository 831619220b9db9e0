import type { SqlDatabase } from '../../packages/server/src/storage/sql/sql-database.ts';

/** What the jobs of a run do. None of the tables forbids a row twice: that is what is counted. */
export interface ChaosTables {
  /** Every start of a handler. */
  chaos_starts: { job: string; replica: string; at: number };
  chaos_effects: { job: string; replica: string; at: number };
  /** One row, which every job raises by one. */
  chaos_counter: { id: number; total: number };
  /** Jobs of the schedule by the time they were meant for. */
  chaos_ticks: { key: string; at: number };
  /** What the subscriber was told, in the order it was told. */
  chaos_told: { event: string; job: string; at: number; position: number };
}

export async function createChaosTables(database: SqlDatabase): Promise<void> {
  await database.transaction(async (tx) => {
    const { schema } = tx.query<ChaosTables>();
    await create(schema, 'chaos_starts', ['job', 'replica']);
    await create(schema, 'chaos_effects', ['job', 'replica']);
    await create(schema, 'chaos_ticks', ['key']);
    await create(schema, 'chaos_told', ['event', 'job']);
    await schema.alterTable('chaos_told').addColumn('position', 'bigint').execute();
    await schema
      .createTable('chaos_counter')
      .addColumn('id', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('total', 'integer', (column) => column.notNull())
      .execute();
    await tx.query<ChaosTables>().insertInto('chaos_counter').values({ id: 1, total: 0 }).execute();
  });
}

async function create(
  schema: ReturnType<SqlDatabase['query']>['schema'],
  table: string,
  texts: readonly string[],
): Promise<void> {
  let making = schema.createTable(table).addColumn('at', 'bigint', (column) => column.notNull());
  for (const name of texts) making = making.addColumn(name, 'text', (column) => column.notNull());
  await making.execute();
}
