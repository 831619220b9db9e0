import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { systemClock } from '../../../kernel/clock.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { migrations } from '../../../migrations/index.ts';
import { migrate, pendingMigrations } from '../migrator.ts';
import type { SqlDatabase } from '../sql-database.ts';
import { openCuttableLine } from './cuttable-line.fixture.ts';
import { openPostgresDatabase } from './open-postgres-database.ts';
import { createTestDatabase, onServer } from './test-postgres.fixture.ts';

interface Tables {
  notes: { id: string; text: string };
}

describe('sessions of PostgreSQL', () => {
  let fresh: Awaited<ReturnType<typeof createTestDatabase>>;
  const opened: SqlDatabase[] = [];
  const lines: { close(): Promise<void> }[] = [];
  before(async () => {
    fresh = await createTestDatabase();
    const database = await open();
    await database.transaction(async (tx) => {
      await tx
        .query<Tables>()
        .schema.createTable('notes')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('text', 'text', (column) => column.notNull())
        .execute();
    });
  });
  after(async () => {
    for (const database of opened) await database.close();
    for (const line of lines) await line.close();
    await fresh.drop();
  });

  async function open(url = fresh.url, poolSize = 3): Promise<SqlDatabase> {
    const database = await openPostgresDatabase({ url, poolSize, random: systemRandom });
    opened.push(database);
    return database;
  }

  const texts = async (database: SqlDatabase, id: string) =>
    (await database.query<Tables>().selectFrom('notes').select('text').where('id', '=', id).execute()).map(
      ({ text }) => text,
    );

  it('tell the listeners of every process, and again after their own was lost', async () => {
    const [here, there] = [await open(), await open()];
    const heard: string[] = [];
    const until = async (message: string) => {
      while (!heard.includes(message)) await sleep(10);
    };
    there.listen('jobs', (message) => heard.push(message));
    // What was told before it listened, it may have missed.
    await until('');
    await here.transaction(async (tx) => tx.announce('jobs', 'train'));
    await until('train');
    heard.length = 0;
    await endListeners();
    // Something may have been missed meanwhile.
    await until('');
    await untilListening(1);
    await here.transaction(async (tx) => tx.announce('jobs', 'evaluate'));
    await until('evaluate');
    assert.ok(heard.every((message) => message === 'evaluate' || message === ''));
  });

  it('that are all lost while they commit do not wait for each other', async () => {
    const database = await open(fresh.url, 1);
    let runs = 0;
    await database.transaction(async (tx) => {
      runs++;
      await tx
        .query<Tables>()
        .insertInto('notes')
        .values({ id: 'lonely', text: `${runs}` })
        .execute();
      const { pid } = await tx
        .query()
        .selectNoFrom(sql<number>`pg_backend_pid()`.as('pid'))
        .executeTakeFirstOrThrow();
      if (runs === 1)
        await onServer((client) => client.query('select pg_terminate_backend($1, 5000)', [pid]), fresh.url);
    });
    assert.deepEqual(await texts(database, 'lonely'), ['2']);
  });

  async function untilListening(count: number): Promise<void> {
    for (;;) {
      const { rows } = await onServer(
        (client) =>
          client.query(`select 1 from pg_stat_activity where query = 'listen esteira' and state = 'idle'`),
        fresh.url,
      );
      if (rows.length >= Math.min(count, 1)) return;
      await sleep(20);
    }
  }

  async function endListeners(): Promise<void> {
    await onServer(
      (client) =>
        client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and (query = 'listen esteira' or query like '%pg_notify%') and pid <> pg_backend_pid()`,
        ),
      fresh.url,
    );
  }

  it('find out what became of a commit whose answer was lost, and do not make it twice', async () => {
    const line = await openCuttableLine(fresh.url);
    lines.push(line);
    const database = await open(line.url);
    await database.transaction(async () => {});
    let runs = 0;
    line.cutAt('answer to a commit');
    await database.transaction(async (tx) => {
      runs++;
      await tx
        .query<Tables>()
        .insertInto('notes')
        .values({ id: 'answered', text: `run ${runs}` })
        .execute();
    });
    assert.equal(runs, 1);
    assert.deepEqual(await texts(database, 'answered'), ['run 1']);
  });

  it('run statements again that were sent at once and whose answers were lost, whatever became of them', async () => {
    const line = await openCuttableLine(fresh.url);
    lines.push(line);
    const database = await open(line.url);
    await database.transaction((tx) =>
      tx.query<Tables>().insertInto('notes').values({ id: 'sent', text: 'as it was' }).execute(),
    );
    let runs = 0;
    line.cutAt('answer to a commit');
    await database.transaction(
      async (tx) => {
        runs++;
        await tx
          .query<Tables>()
          .updateTable('notes')
          .set({ text: `run ${runs}` })
          .where('id', '=', 'sent')
          .where('text', '=', 'as it was')
          .execute();
      },
      { isolation: 'read-committed', statements: 'at-once' },
    );
    assert.equal(runs, 2);
    assert.match((await texts(database, 'sent')).join(), /^run [12]$/);
  });

  it('leave the disk to a later commit for lazy transactions alone', async () => {
    const database = await open();
    const setting = (durability: 'lazy' | 'synced') =>
      database.transaction(
        async (tx) => {
          const { rows } = await sql<{ setting: string }>`
            select current_setting('synchronous_commit') as setting`.execute(tx.query());
          return rows[0]?.setting;
        },
        { durability },
      );
    const usual = await setting('synced');
    assert.equal(await setting('lazy'), 'off');
    assert.equal(await setting('synced'), usual);
  });

  it('run a body again whose commit never reached the server', async () => {
    const line = await openCuttableLine(fresh.url);
    lines.push(line);
    const database = await open(line.url);
    let runs = 0;
    const told: string[] = [];
    line.cutAt('commit');
    await database.transaction(async (tx) => {
      runs++;
      const run = runs;
      tx.afterCommit(() => told.push(`run ${run}`));
      await tx
        .query<Tables>()
        .insertInto('notes')
        .values({ id: 'unsent', text: `run ${runs}` })
        .execute();
    });
    assert.equal(runs, 2);
    assert.deepEqual(told, ['run 2']);
    assert.deepEqual(await texts(database, 'unsent'), ['run 2']);
  });

  it('go on when a table that is read as a whole gets a column', async () => {
    const database = await open();
    const all = () => database.query<Tables>().selectFrom('notes').selectAll().execute();
    for (let times = 0; times < 12; times++) await all();
    const migrating = await open();
    await migrating.transaction(async (tx) => {
      await tx.query<Tables>().schema.alterTable('notes').addColumn('more', 'text').execute();
    });
    for (let times = 0; times < 12; times++) {
      for (const row of await all()) assert.ok('more' in row);
    }
  });

  it('are opened each at the address of the moment, whose password may have been replaced', async () => {
    const address = new URL(fresh.url);
    const named = (name: string) => {
      address.searchParams.set('application_name', name);
      return address.href;
    };
    let url = named('before');
    const database = await openPostgresDatabase({ url: () => url, poolSize: 2, random: systemRandom });
    opened.push(database);
    const nameOf = () =>
      sql<{ name: string }>`select current_setting('application_name') as name, pg_sleep(0.1)::text`
        .execute(database.query())
        .then(({ rows }) => rows[0]?.name);
    assert.equal(await nameOf(), 'before');
    url = named('after');
    assert.deepEqual(await Promise.all([nameOf(), nameOf()]), ['before', 'after']);
  });

  it('refuse a character that the server cannot hold as a mistake of the request', async () => {
    const database = await open();
    await assert.rejects(texts(database, 'a\u0000b'), { code: 'INVALID_REQUEST' });
  });

  it('migrate an empty database once, whoever comes first', async () => {
    const empty = await createTestDatabase();
    const [one, other] = await Promise.all([open(empty.url), open(empty.url)]);
    const names = migrations.map(({ name }) => name);
    assert.deepEqual(
      (await pendingMigrations(one, migrations)).map(({ name }) => name),
      names,
    );
    const applied = await Promise.all(
      [one, other].map((database) => migrate(database, migrations, systemClock)),
    );
    assert.deepEqual(applied.flat(), names);
    assert.deepEqual(await pendingMigrations(other, migrations), []);
    await Promise.all([one.close(), other.close()]);
    await empty.drop();
  });
});
