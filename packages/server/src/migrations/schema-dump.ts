import { sql } from 'kysely';
import { digestMigration, type Migration } from '../storage/sql/migrator.ts';
import type { SqlDatabase, SqlReader } from '../storage/sql/sql-database.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
}

interface Index {
  readonly name: string;
  readonly unique: boolean;
  readonly columns: readonly string[];
  /** Of a partial index, as the engine writes it. */
  readonly condition: string | null;
}

interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primaryKey: readonly string[];
  /** The columns of each unique constraint. */
  readonly unique: readonly (readonly string[])[];
  readonly indexes: readonly Index[];
}

/**
 * The schema of a database as SQL, in an order that does not depend on how it came about, below the digests of the steps
 * that make it on this engine.
 */
export async function dumpSchema(database: SqlDatabase, migrations: readonly Migration[]): Promise<string> {
  const tables = database.capabilities.manyWriters
    ? await readPostgres(database)
    : await readSqlite(database);
  const steps: string[] = [];
  for (const migration of migrations) {
    steps.push(`-- ${migration.name} sha256:${await digestMigration(database, migration)}`);
  }
  const head = '-- What the migrations make; written by scripts/dump-schema.ts.';
  return `${[head, ...steps].join('\n')}\n\n${tables.map(writeTable).join('\n')}`;
}

function writeTable({ name, columns, primaryKey, unique, indexes }: Table): string {
  const lines = columns.map(
    (column) => `  ${quote(column.name)} ${column.type}${column.notNull ? ' not null' : ''}`,
  );
  if (primaryKey.length > 0) lines.push(`  primary key (${primaryKey.map(quote).join(', ')})`);
  for (const together of unique) lines.push(`  unique (${together.map(quote).join(', ')})`);
  const made = [
    `create table ${quote(name)} (\n${lines.join(',\n')}\n);`,
    ...indexes.map((index) => writeIndex(name, index)),
  ];
  return `${made.join('\n')}\n`;
}

function writeIndex(table: string, { name, unique, columns, condition }: Index): string {
  const kind = unique ? 'unique index' : 'index';
  const where = condition === null ? '' : ` where ${condition}`;
  return `create ${kind} ${quote(name)} on ${quote(table)} (${columns.map(quote).join(', ')})${where};`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function readSqlite(reader: SqlReader): Promise<readonly Table[]> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_schema where type = 'table' and name not like 'sqlite!_%' escape '!' order by name`.execute(
    reader.query(),
  );
  const tables: Table[] = [];
  for (const { name } of rows) tables.push(await readSqliteTable(reader, name));
  return tables;
}

async function readSqliteTable(reader: SqlReader, name: string): Promise<Table> {
  const columns = await sql<{ name: string; type: string; notnull: number; pk: number }>`
    select * from pragma_table_info(${name})`.execute(reader.query());
  const key = columns.rows.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const listed = await sql<{ name: string; unique: number; origin: string; sql: string | null }>`
    select list.name, list."unique" as "unique", list.origin, schema.sql
    from pragma_index_list(${name}) as list join sqlite_schema as schema on schema.name = list.name
    order by list.name`.execute(reader.query());
  const unique: string[][] = [];
  const indexes: Index[] = [];
  for (const index of listed.rows) {
    const parts = await sql<{ name: string }>`
      select name from pragma_index_info(${index.name}) order by seqno`.execute(reader.query());
    const columns = parts.rows.map((part) => part.name);
    if (index.origin === 'u') unique.push(columns);
    if (index.origin !== 'c') continue;
    const condition = / where (.*)$/.exec(index.sql ?? '')?.[1] ?? null;
    indexes.push({ name: index.name, unique: index.unique === 1, columns, condition });
  }
  return {
    name,
    columns: columns.rows.map((column) => ({
      name: column.name,
      type: column.type.toLowerCase(),
      notNull: column.notnull === 1,
    })),
    primaryKey: key.map((column) => column.name),
    unique,
    indexes,
  };
}

async function readPostgres(reader: SqlReader): Promise<readonly Table[]> {
  const { rows } = await sql<{
    name: string;
    columns: string;
    primary_key: string | null;
    unique: string | null;
    indexes: string | null;
  }>`
    select class.relname as name,
      (select json_agg(json_build_object('name', attname, 'type',
          format_type(atttypid, atttypmod) || coalesce((select ' collate ' || quote_ident(collname) from pg_collation
            where pg_collation.oid = attcollation and collname <> 'default'), ''),
          'notNull', attnotnull) order by attnum)
        from pg_attribute where attrelid = class.oid and attnum > 0 and not attisdropped)::text as columns,
      (select json_agg(attname order by place)
        from pg_index, unnest(indkey::int[]) with ordinality as part(number, place), pg_attribute
        where indrelid = class.oid and indisprimary and attrelid = class.oid and attnum = number)::text as primary_key,
      (select json_agg((select json_agg(attname order by place)
            from unnest(conkey::int[]) with ordinality as part(number, place), pg_attribute
            where attrelid = class.oid and attnum = number) order by conname collate "C")
        from pg_constraint where conrelid = class.oid and contype = 'u')::text as "unique",
      (select json_agg(json_build_object('name', index.relname, 'unique', indisunique,
          'columns', (select json_agg(attname order by place)
            from unnest(indkey::int[]) with ordinality as part(number, place), pg_attribute
            where attrelid = class.oid and attnum = number),
          'condition', pg_get_expr(indpred, indrelid)) order by index.relname collate "C")
        from pg_index join pg_class as index on index.oid = indexrelid
        where indrelid = class.oid and not indisprimary
          and not exists (select 1 from pg_constraint where conindid = index.oid))::text as indexes
    from pg_class as class
    where relkind = 'r' and relnamespace = current_schema()::regnamespace
    order by relname collate "C"`.execute(reader.query());
  return rows.map((row) => ({
    name: row.name,
    columns: JSON.parse(row.columns) as Column[],
    primaryKey: JSON.parse(row.primary_key ?? '[]') as string[],
    unique: JSON.parse(row.unique ?? '[]') as string[][],
    indexes: JSON.parse(row.indexes ?? '[]') as Index[],
  }));
}
