import { createHash } from 'node:crypto';
import { systemClock } from '../../../kernel/clock.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { migrations } from '../../../migrations/index.ts';
import { migrate } from '../migrator.ts';
import type { SqlDatabase } from '../sql-database.ts';
import { openPostgresDatabase } from './open-postgres-database.ts';
import { postgresStatementsOf } from './statements-of.ts';
import { createTestDatabase, onServer, testPostgresUrl, withDatabase } from './test-postgres.fixture.ts';

/** One database with the whole schema, opened as often as there are processes to play; `drop` closes all of them. */
export async function createReplicatedPostgres(): Promise<{
  readonly url: string;
  open(): Promise<SqlDatabase>;
  drop(): Promise<void>;
}> {
  const url = emptied.pop() ?? (await copyTemplate());
  const opened: SqlDatabase[] = [];
  return {
    url,
    async open() {
      const database = await openPostgresDatabase({ url, poolSize: 5, random: systemRandom });
      opened.push(database);
      return database;
    },
    async drop() {
      await Promise.all(opened.map((database) => database.close()));
      await onServer(async (client) => void (await client.query(emptyEveryTable)), url);
      emptied.push(url);
    },
  };
}

/** A database with the whole schema that is given back when it is closed: what store tests run on. */
export async function openMigratedPostgres(): Promise<SqlDatabase> {
  const { open, drop } = await createReplicatedPostgres();
  return { ...(await open()), close: drop };
}

// Making a database takes a hundred times as long as emptying one, so they are used again until the process ends.
const emptied: string[] = [];
const toDrop: (() => Promise<void>)[] = [];

async function copyTemplate(): Promise<string> {
  template ??= makeTemplate();
  const { url, drop } = await createTestDatabase({ template: await template });
  if (toDrop.length === 0) process.once('beforeExit', () => void dropAll());
  toDrop.push(drop);
  return url;
}

async function dropAll(): Promise<void> {
  for (const drop of toDrop) await drop();
}

// Migrations insert no rows. Only tables with rows are touched.
const emptyEveryTable = `do $$
  declare
    name regclass;
    filled boolean;
  begin
    for name in select oid from pg_class
      where relkind = 'r' and relnamespace = current_schema()::regnamespace and relname <> 'migrations'
    loop
      execute format('select exists (select 1 from %s)', name) into filled;
      if filled then execute format('delete from %s', name); end if;
    end loop;
  end $$`;

let template: Promise<string> | undefined;

// Any number: test files that start together make the template once.
const templateLock = 8_378_465;

/** Copying a migrated database takes a tenth of the time of migrating one. Named by what the migrations make. */
async function makeTemplate(): Promise<string> {
  const name = `esteira_template_${await digestOfMigrations()}`;
  await onServer(async (client) => {
    await client.query('select pg_advisory_lock($1)', [templateLock]);
    const { rows } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rows.length > 0) return;
    const unfinished = `${name}_unfinished`;
    await client.query(`drop database if exists ${unfinished} with (force)`);
    await client.query(`create database ${unfinished}`);
    const database = await openPostgresDatabase({
      url: withDatabase(testPostgresUrl(), unfinished),
      poolSize: 2,
      random: systemRandom,
    });
    await migrate(database, migrations, systemClock);
    await database.close();
    await client.query(`alter database ${unfinished} rename to ${name}`);
  });
  return name;
}

async function digestOfMigrations(): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, up } of migrations)
    hash.update(`${name}\n${(await postgresStatementsOf(up)).join('\n')}\n`);
  return hash.digest('hex').slice(0, 16);
}
