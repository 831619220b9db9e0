import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EsteiraError } from '../../../kernel/errors.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import type { SqlDatabase } from '../sql-database.ts';
import { openPostgresDatabase } from './open-postgres-database.ts';
import { startPostgres } from './start-postgres.fixture.ts';

interface Tables {
  receipts: { id: number; writer: number };
  tally: { writer: number; count: number };
}

const password = 'p@ss/word?';

describe('a PostgreSQL server that is stopped and started', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let database: SqlDatabase;
  before(async () => {
    server = await startPostgres({ durable: true, password });
    database = await openPostgresDatabase({ url: server.url, poolSize: 8, random: systemRandom });
    await database.transaction(async (tx) => {
      const { schema } = tx.query<Tables>();
      await schema
        .createTable('receipts')
        .addColumn('id', 'bigint', (column) => column.primaryKey().notNull())
        .addColumn('writer', 'integer', (column) => column.notNull())
        .execute();
      await schema
        .createTable('tally')
        .addColumn('writer', 'integer', (column) => column.primaryKey().notNull())
        .addColumn('count', 'integer', (column) => column.notNull())
        .execute();
      await tx
        .query<Tables>()
        .insertInto('tally')
        .values(Array.from({ length: writers }, (_, writer) => ({ writer, count: 0 })))
        .execute();
    });
  });
  after(async () => {
    await database.close();
    await server.stop();
  });

  const writers = 16;
  let nextId = 1;

  /** Writes until told to stop; each row is counted in the same transaction. */
  async function write(
    writer: number,
    signal: AbortSignal,
    acknowledged: number[],
    unknown: number[],
  ): Promise<void> {
    while (!signal.aborted) {
      const id = nextId++;
      try {
        await database.transaction(async (tx) => {
          await tx.query<Tables>().insertInto('receipts').values({ id, writer }).execute();
          await tx
            .query<Tables>()
            .updateTable('tally')
            .set((row) => ({ count: row('count', '+', 1) }))
            .where('writer', '=', writer)
            .execute();
        });
        acknowledged.push(id);
      } catch (error) {
        // The only other answer: honest about not knowing.
        assert.ok(error instanceof EsteiraError && error.code === 'COMMIT_UNKNOWN', String(error));
        unknown.push(id);
      }
    }
  }

  async function loadWhile(disturb: () => Promise<void>): Promise<void> {
    const stop = new AbortController();
    const acknowledged: number[] = [];
    const unknown: number[] = [];
    const firstId = nextId;
    const running = Array.from({ length: writers }, (_, writer) =>
      write(writer, stop.signal, acknowledged, unknown),
    );
    await sleep(300);
    await disturb();
    await sleep(300);
    stop.abort();
    await Promise.all(running);

    const rows = await database
      .query<Tables>()
      .selectFrom('receipts')
      .select('id')
      .where('id', '>=', firstId)
      .orderBy('id')
      .execute();
    const stored = new Set(rows.map((row) => row.id));
    assert.deepEqual(
      acknowledged.filter((id) => !stored.has(id)),
      [],
    );
    const told = new Set([...acknowledged, ...unknown]);
    assert.deepEqual(
      [...stored].filter((id) => !told.has(id)),
      [],
    );
    const all = await database
      .query<Tables>()
      .selectFrom('receipts')
      .select((query) => query.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    const counted = await database
      .query<Tables>()
      .selectFrom('tally')
      .select((query) => query.fn.sum<number>('count').as('sum'))
      .executeTakeFirstOrThrow();
    assert.equal(counted.sum, all.count);
  }

  it('in order, under load, loses no acknowledged row and makes none twice', async () => {
    await loadWhile(() => server.restart('fast', 500));
  });

  it('as by a loss of power, under load, loses no acknowledged row and makes none twice', async () => {
    await loadWhile(() => server.restart('immediate', 500));
    await loadWhile(() => server.restart('immediate'));
  });

  it('lets reads wait until it is back', async () => {
    const restarted = server.restart('fast', 300);
    const rows = await database.query<Tables>().selectFrom('tally').select('writer').execute();
    assert.equal(rows.length, writers);
    await restarted;
  });

  it('may end the sessions under load', async () => {
    await loadWhile(async () => {
      const other = await openPostgresDatabase({ url: server.url, poolSize: 2, random: systemRandom });
      for (let round = 0; round < 3; round++) {
        await endSessions(other);
        await sleep(100);
      }
      await other.close();
    });
  });

  it('refuses a wrong password and a missing database at the start, without repeating the password', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'guess-123';
    const missing = new URL(server.url);
    missing.pathname = '/nowhere';
    const without = new URL(server.url);
    without.password = '';
    for (const [url, says] of [
      [wrong.href, /refuses the user esteira: the password is wrong/],
      [missing.href, /there is no database nowhere at 127\.0\.0\.1:\d+; create it/],
      [without.href, /asks the user esteira for a password/],
    ] as const) {
      await assert.rejects(openPostgresDatabase({ url, poolSize: 2, random: systemRandom }), (error) => {
        assert.ok(error instanceof EsteiraError);
        assert.equal(error.code, 'BAD_CONFIG');
        assert.match(error.message, says);
        assert.doesNotMatch(error.message, /guess-123|p@ss|p%40ss/);
        return true;
      });
    }
  });

  it('tells that nothing listens where it should be', async () => {
    await assert.rejects(
      openPostgresDatabase({
        url: 'postgres://esteira:secret@127.0.0.1:1/x',
        poolSize: 2,
        random: systemRandom,
      }),
      (error) => {
        assert.ok(error instanceof EsteiraError);
        assert.equal(error.code, 'DATABASE_UNAVAILABLE');
        assert.match(error.message, /nothing listens at its address \(127\.0\.0\.1:1\)/);
        return true;
      },
    );
  });
});

async function endSessions(database: SqlDatabase): Promise<void> {
  await database
    .query<{ pg_stat_activity: { pid: number; datname: string } }>()
    .selectFrom('pg_stat_activity')
    .select((query) => query.fn<number>('pg_terminate_backend', [query.cast('pid', 'int4')]).as('ended'))
    .where('datname', '=', 'postgres')
    .where('pid', '!=', (query) => query.fn<number>('pg_backend_pid', []))
    .execute();
}
