import { sql } from 'kysely';
import type { Clock } from '../kernel/clock.ts';
import { type Migration, migrate } from '../storage/sql/migrator.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { openSqliteDatabase } from '../storage/sql/sqlite/open-sqlite-database.ts';

/** A table as every engine knows it. */
export interface TableSchema {
  readonly name: string;
  readonly columns: readonly ColumnSchema[];
  /** Columns that order its rows in one way only, unless two rows are equal: primary key, unique index, or all columns. */
  readonly key: readonly string[];
}

export interface ColumnSchema {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'double';
  readonly nullable: boolean;
}

interface PragmaColumn {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

/**
 * The tables that a list of migrations makes, sorted by name, asked of an empty database they were applied to: no list of
 * tables is kept by hand, and both engines, whose schemas are one, share the answer. The table of the migrations itself is
 * left out.
 */
export async function describeTables(
  migrations: readonly Migration[],
  clock: Clock,
): Promise<readonly TableSchema[]> {
  const database = openSqliteDatabase({ path: ':memory:' });
  try {
    await migrate(database, migrations, clock);
    const { rows } = await sql<{ name: string }>`
      select name from sqlite_schema where type = 'table' and name != 'migrations' and name not like 'sqlite!_%' escape '!'
      order by name`.execute(database.query());
    const tables: TableSchema[] = [];
    for (const { name } of rows) tables.push(await describeTable(database, name));
    return tables;
  } finally {
    await database.close();
  }
}

async function describeTable(reader: SqlReader, name: string): Promise<TableSchema> {
  const { rows } = await sql<PragmaColumn>`select * from pragma_table_info(${name})`.execute(reader.query());
  const columns = rows.map((row) => ({
    name: row.name,
    type: typeOf(name, row),
    nullable: row.notnull === 0,
  }));
  return { name, columns, key: await keyOf(reader, name, rows) };
}

function typeOf(table: string, { name, type }: PragmaColumn): ColumnSchema['type'] {
  switch (type.toLowerCase()) {
    case 'text':
      return 'text';
    case 'integer':
    case 'bigint':
      return 'integer';
    case 'double precision':
      return 'double';
    default:
      throw new Error(`The column ${table}.${name} has the type ${type}, which is not portable.`);
  }
}

async function keyOf(
  reader: SqlReader,
  table: string,
  columns: readonly PragmaColumn[],
): Promise<readonly string[]> {
  const primary = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  if (primary.length > 0) return primary.map(({ name }) => name);
  const required = new Set(columns.filter(({ notnull }) => notnull === 1).map(({ name }) => name));
  const indexes = await sql<{ name: string }>`
    select name from pragma_index_list(${table}) where "unique" = 1 and partial = 0 order by name`.execute(
    reader.query(),
  );
  for (const index of indexes.rows) {
    const { rows } = await sql<{
      name: string;
    }>`select name from pragma_index_info(${index.name}) order by seqno`.execute(reader.query());
    if (rows.every(({ name }) => required.has(name))) return rows.map(({ name }) => name);
  }
  return columns.map(({ name }) => name);
}
