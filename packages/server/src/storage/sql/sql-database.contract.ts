import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { commitEpochs } from '../../migrations/0016-commit-epochs.ts';
import { beginCommitEpoch } from './commit-epoch.ts';
import type { SqlDatabase, SqlReader } from './sql-database.ts';

interface ContractTables {
  accounts: { id: string; balance: number; share: number; note: string | null; at: number };
  places: { id: string; position: number };
}

/** What every SQL engine must keep, with `statementsContract`. `open` gives an empty database, closed by the suite. */
export function sqlDatabaseContract(engine: string, open: () => Promise<SqlDatabase>): void {
  describe(`the SQL port on ${engine}`, () => {
    let database: SqlDatabase;

    before(async () => {
      database = await open();
      await database.transaction(async (tx) => {
        await tx
          .query<ContractTables>()
          .schema.createTable('accounts')
          .addColumn('id', 'text', (column) => column.primaryKey().notNull())
          .addColumn('balance', 'integer', (column) => column.notNull())
          .addColumn('share', 'double precision', (column) => column.notNull())
          .addColumn('note', 'text')
          .addColumn('at', 'bigint', (column) => column.notNull())
          .execute();
        await tx
          .query<ContractTables>()
          .schema.createTable('places')
          .addColumn('id', 'text', (column) => column.primaryKey().notNull())
          .addColumn('position', 'bigint', (column) => column.notNull())
          .execute();
        await commitEpochs.up(tx.query<unknown>());
      });
    });
    after(() => database.close());

    function add(reader: SqlReader, id: string, balance = 0) {
      return reader
        .query<ContractTables>()
        .insertInto('accounts')
        .values({ id, balance, share: 0.1, note: null, at: 1_753_000_000_000 })
        .execute();
    }

    async function ids(reader: SqlReader, prefix: string): Promise<string[]> {
      const rows = await reader
        .query<ContractTables>()
        .selectFrom('accounts')
        .select('id')
        .where('id', 'like', `${prefix}%`)
        .orderBy('id')
        .execute();
      return rows.map((row) => row.id);
    }

    it('runs a statement for each of many rows, all or none', async () => {
      const columns = { id: 'text', balance: 'bigint', share: 'double precision', note: 'text' } as const;
      const rows = Array.from({ length: 1200 }, (_, index) => [
        `each ${index}`,
        index,
        index === 3 ? Number.POSITIVE_INFINITY : index / 7,
        index % 2 === 0 ? null : 'odd',
      ]);
      await database.transaction((tx) =>
        tx.forEachRow(
          columns,
          rows,
          ({ value, from }) => sql`
            insert into accounts (id, balance, share, note, at)
            select ${value('id')}, ${value('balance')}, ${value('share')}, ${value('note')}, ${7} ${from} where true`,
        ),
      );
      await database.transaction((tx) =>
        tx.forEachRow(
          { id: 'text', balance: 'bigint' },
          rows.map(([id, balance]) => [id ?? null, Number(balance) * 2]),
          ({ value, from }) => sql`
            update accounts set balance = ${value('balance')} ${from} where accounts.id = ${value('id')} and at = ${7}`,
        ),
      );
      const read = await database
        .query<ContractTables>()
        .selectFrom('accounts')
        .select(['balance', 'share', 'note'])
        .where('id', 'in', ['each 3', 'each 4'])
        .orderBy('id')
        .execute();
      assert.deepEqual(read, [
        { balance: 6, share: Number.POSITIVE_INFINITY, note: 'odd' },
        { balance: 8, share: 4 / 7, note: null },
      ]);
      await assert.rejects(
        database.transaction((tx) =>
          tx.forEachRow(
            { id: 'text' },
            [['each new'], ['each 5']],
            ({ value, from }) => sql`
              insert into accounts (id, balance, share, note, at)
              select ${value('id')}, 0, 0, null, 0 ${from} where true`,
          ),
        ),
      );
      assert.deepEqual(await ids(database, 'each new'), []);
    });

    it('returns what a statement for many rows returns, and gives each row its position in their order', async () => {
      const rows = ['late', 'early', 'between'].map((name) => [`each ${name}`]);
      const placed = await database.transaction(async (tx) => {
        await tx
          .query<ContractTables>()
          .insertInto('places')
          .values({ id: 'before each', position: tx.nextPosition('places') })
          .execute();
        return tx.forEachRow(
          { id: 'text' },
          rows,
          ({ value, nextPosition, from }) => sql<{ id: string; position: number }>`
            insert into places (id, position) select ${value('id')}, ${nextPosition('places')} ${from} where true
            returning id, position`,
        );
      });
      const inOrder = [...placed].sort((a, b) => a.position - b.position);
      assert.deepEqual(
        inOrder.map((row) => row.id),
        rows.flat(),
      );
      assert.equal(new Set(inOrder.map((row) => row.position)).size, 3);
      const changed = await database.transaction((tx) =>
        tx.forEachRow(
          { id: 'text' },
          [['each early'], ['each nowhere']],
          ({ value, from }) => sql<{ id: string }>`
            update places set id = places.id ${from} where places.id = ${value('id')} returning places.id`,
        ),
      );
      assert.deepEqual(changed, [{ id: 'each early' }]);
      await database.transaction((tx) => tx.query<ContractTables>().deleteFrom('places').execute());
    });

    it('keeps what is committed lazily, and tells of it', async () => {
      let told = false;
      await database.transaction(
        async (tx) => {
          tx.afterCommit(() => {
            told = true;
          });
          await add(tx, 'lazy-1');
        },
        { durability: 'lazy' },
      );
      assert.ok(told);
      assert.deepEqual(await ids(database, 'lazy-'), ['lazy-1']);
    });

    it('returns values with the types they were written with', async () => {
      await database.transaction((tx) => add(tx, 'types', -7));
      const row = await database
        .query<ContractTables>()
        .selectFrom('accounts')
        .selectAll()
        .where('id', '=', 'types')
        .executeTakeFirstOrThrow();
      assert.deepEqual(row, { id: 'types', balance: -7, share: 0.1, note: null, at: 1_753_000_000_000 });
    });

    it('shows a transaction its own writes and others only what is committed', async () => {
      let insideOnly: string[] = [];
      await database.transaction(async (tx) => {
        await add(tx, 'own-1');
        insideOnly = await ids(tx, 'own-');
      });
      assert.deepEqual(insideOnly, ['own-1']);
      assert.deepEqual(await ids(database, 'own-'), ['own-1']);
    });

    it('keeps a read that runs beside an open transaction from seeing its writes', async () => {
      const seen: string[][] = [];
      let reading: Promise<unknown> = Promise.resolve();
      const startReading = outsideOf(() => {
        reading = ids(database, 'beside-').then((found) => seen.push(found));
      });
      await assert.rejects(
        database.transaction(async (tx) => {
          await add(tx, 'beside-1');
          startReading();
          await add(tx, 'beside-2');
          throw new Error('changed its mind');
        }),
        /changed its mind/,
      );
      await reading;
      assert.deepEqual(seen, [[]]);
    });

    it('takes back a body that throws and keeps the bodies of the same commit', async () => {
      const outcomes = await Promise.allSettled([
        database.transaction((tx) => add(tx, 'group-1')),
        database.transaction(async (tx) => {
          await add(tx, 'group-2');
          throw new Error('refused');
        }),
        database.transaction((tx) => add(tx, 'group-3')),
      ]);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      assert.deepEqual(await ids(database, 'group-'), ['group-1', 'group-3']);
    });

    it('runs concurrent read-then-write bodies as if one after the other', async () => {
      await database.transaction((tx) => add(tx, 'counter', 0));
      const increments = Array.from({ length: 50 }, () =>
        database.transaction(async (tx) => {
          const { balance } = await tx
            .query<ContractTables>()
            .selectFrom('accounts')
            .select('balance')
            .where('id', '=', 'counter')
            .executeTakeFirstOrThrow();
          await tx
            .query<ContractTables>()
            .updateTable('accounts')
            .set({ balance: balance + 1 })
            .where('id', '=', 'counter')
            .execute();
        }),
      );
      await Promise.all(increments);
      const row = await database
        .query<ContractTables>()
        .selectFrom('accounts')
        .select('balance')
        .where('id', '=', 'counter')
        .executeTakeFirstOrThrow();
      assert.equal(row.balance, 50);
    });

    it('tells listeners after the commit, in order, and never when the body threw', async () => {
      const told: string[] = [];
      await database.transaction(async (tx) => {
        tx.afterCommit(() => told.push('first'));
        tx.afterCommit(() => told.push('second'));
        await add(tx, 'listener-1');
      });
      await assert.rejects(
        database.transaction(async (tx) => {
          tx.afterCommit(() => told.push('never'));
          throw new Error('refused');
        }),
      );
      assert.deepEqual(told, ['first', 'second']);
    });

    it('goes on after a listener that throws', async () => {
      await database.transaction(async (tx) => {
        tx.afterCommit(() => {
          throw new Error('listener broke');
        });
        await add(tx, 'listener-2');
      });
      assert.deepEqual(await ids(database, 'listener-2'), ['listener-2']);
    });

    it('ends a transaction whose statement failed, even when the body goes on', async () => {
      let afterwards: unknown;
      await assert.rejects(
        database.transaction(async (tx) => {
          await add(tx, 'unique-1');
          await assert.rejects(() => add(tx, 'unique-1'));
          afterwards = await ids(tx, 'unique-').catch((error: unknown) => error);
        }),
      );
      assert.ok(afterwards instanceof Error);
      assert.deepEqual(await ids(database, 'unique-'), []);
    });

    it('skips a row that is there when asked to, and says so', async () => {
      const insert = () =>
        database.transaction((tx) =>
          tx
            .query<ContractTables>()
            .insertInto('accounts')
            .values({ id: 'skip-1', balance: 0, share: 0, note: null, at: 0 })
            .onConflict((conflict) => conflict.column('id').doNothing())
            .executeTakeFirstOrThrow(),
        );
      assert.equal((await insert()).numInsertedOrUpdatedRows, 1n);
      assert.equal((await insert()).numInsertedOrUpdatedRows, 0n);
    });

    it('tells the listeners of a topic after the commit, and never when the body threw', async () => {
      const told: string[] = [];
      const end = database.listen('jobs', (message) => told.push(message));
      const endOther = database.listen('audit', () => assert.fail('of another topic'));
      await database.transaction(async (tx) => {
        tx.announce('jobs', 'training');
        tx.announce('jobs');
        await add(tx, 'announce-1');
        assert.deepEqual(told, []);
      });
      await assert.rejects(
        database.transaction(async (tx) => {
          tx.announce('jobs', 'never');
          throw new Error('refused');
        }),
      );
      end();
      endOther();
      await database.transaction(async (tx) => tx.announce('jobs', 'too late'));
      assert.deepEqual(told, ['training', '']);
    });

    it('refuses an announcement that no engine could carry', async () => {
      await assert.rejects(
        database.transaction(async (tx) => tx.announce('jobs', 'x'.repeat(501))),
        /500 characters/,
      );
    });

    it('gives positions that grow with the order of commits and follow those of a database left behind', async () => {
      const place = (id: string) =>
        database.transaction((tx) =>
          tx
            .query<ContractTables>()
            .insertInto('places')
            .values({ id, position: tx.nextPosition('places') })
            .execute(),
        );
      const places = (reader: SqlReader) =>
        reader
          .query<ContractTables>()
          .selectFrom('places')
          .select(['id', 'position'])
          .where('position', '<', reader.settledPosition())
          .orderBy('position')
          .execute();
      await place('one');
      await database.transaction(async (tx) => {
        for (const id of ['two', 'three']) {
          await tx
            .query<ContractTables>()
            .insertInto('places')
            .values({ id, position: tx.nextPosition('places') })
            .execute();
        }
      });
      const before = await settled(() => places(database), 3);
      assert.deepEqual(
        before.map((row) => row.id),
        ['one', 'two', 'three'],
      );
      const highest = 2 ** 50;
      await database.transaction(async (tx) => {
        await tx
          .query<ContractTables>()
          .insertInto('places')
          .values({ id: 'moved', position: highest })
          .execute();
        await beginCommitEpoch(tx, highest);
      });
      await place('after the move');
      const all = await settled(() => places(database), 5);
      assert.deepEqual(
        all.slice(-2).map((row) => row.id),
        ['moved', 'after the move'],
      );
    });

    it('tells the time of its own clock in milliseconds', async () => {
      const now = await database.now();
      assert.ok(Number.isInteger(now));
      assert.ok(now > 1_700_000_000_000);
      assert.ok((await database.now()) >= now);
    });

    it('takes a transaction that asks for less isolation', async () => {
      await database.transaction((tx) => add(tx, 'hot-1'), { isolation: 'read-committed' });
      assert.deepEqual(await ids(database, 'hot-'), ['hot-1']);
    });

    it('orders and compares text by its bytes', async () => {
      const words = [
        'order-a',
        'order-B',
        'order-_',
        'order-é',
        'order-z',
        'order-\u{1f600}',
        'order-\uffee',
      ];
      await database.transaction(async (tx) => {
        for (const word of words) await add(tx, word);
      });
      assert.deepEqual(
        await ids(database, 'order-'),
        words.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
      const behind = await database
        .query<ContractTables>()
        .selectFrom('accounts')
        .select('id')
        .where('id', '>', 'order-Z')
        .where('id', '<', 'order-b')
        .orderBy('id')
        .execute();
      assert.deepEqual(
        behind.map((row) => row.id),
        ['order-_', 'order-a'],
      );
    });

    it('keeps whole numbers to 2^53 in columns of both kinds and computes with them', async () => {
      const large = Number.MAX_SAFE_INTEGER;
      await database.transaction(async (tx) => {
        await tx
          .query<ContractTables>()
          .insertInto('accounts')
          .values([
            { id: 'large-1', balance: large, share: 1e300, note: null, at: -large },
            { id: 'large-2', balance: -5, share: 5e-324, note: null, at: 7 },
          ])
          .execute();
      });
      const rows = await database
        .query<ContractTables>()
        .selectFrom('accounts')
        .select(['balance', 'share', 'at'])
        .where('id', 'like', 'large-%')
        .orderBy('id')
        .execute();
      assert.deepEqual(rows, [
        { balance: large, share: 1e300, at: -large },
        { balance: -5, share: 5e-324, at: 7 },
      ]);
      const sums = await database
        .query<ContractTables>()
        .selectFrom('accounts')
        .select((query) => [
          query.fn.sum<number>('balance').as('sum'),
          query.fn.countAll<number>().as('count'),
          query.fn.max('at').as('newest'),
        ])
        .where('id', 'like', 'large-%')
        .executeTakeFirstOrThrow();
      assert.deepEqual(sums, { sum: large - 5, count: 2, newest: 7 });
    });

    it('finds the rows whose text is one of many, also of none, and inside a transaction', async () => {
      const ids = Array.from({ length: 1500 }, (_, index) => `many-${index} "{}',\\`);
      const found = (reader: SqlReader, wanted: readonly string[]) =>
        reader
          .query<ContractTables>()
          .selectFrom('accounts')
          .select('id')
          .where(reader.isOneOf('id', wanted))
          .orderBy('id')
          .execute();
      const kept = [ids[3] ?? '', ids[1200] ?? ''].sort();
      await database.transaction(async (tx) => {
        for (const id of kept)
          await tx
            .query<ContractTables>()
            .insertInto('accounts')
            .values({ id, balance: 0, share: 0, at: 0 })
            .execute();
        assert.deepEqual(
          await found(tx, ids),
          kept.map((id) => ({ id })),
        );
      });
      assert.deepEqual(
        await found(database, ids),
        kept.map((id) => ({ id })),
      );
      assert.deepEqual(await found(database, []), []);
    });

    it('refuses text with the character NUL as a mistake of the request', async () => {
      await assert.rejects(
        database.transaction((tx) => add(tx, 'nul-\u0000')),
        { code: 'INVALID_REQUEST' },
      );
      await assert.rejects(ids(database, 'nul-\u0000'), { code: 'INVALID_REQUEST' });
    });

    it('reads conditions that are selected as 0 and 1', async () => {
      await database.transaction((tx) => add(tx, 'condition-1', 5));
      const row = await database
        .query<ContractTables>()
        .selectFrom('accounts')
        .select((query) => [query('balance', '>', 3).as('above'), query('balance', '>', 7).as('far')])
        .where('id', '=', 'condition-1')
        .executeTakeFirstOrThrow();
      assert.deepEqual(row, { above: 1, far: 0 });
    });

    it('counts the rows an update changed', async () => {
      const result = await database.transaction(async (tx) => {
        await add(tx, 'count-1');
        await add(tx, 'count-2');
        return tx
          .query<ContractTables>()
          .updateTable('accounts')
          .set({ note: 'seen' })
          .where('id', 'like', 'count-%')
          .executeTakeFirstOrThrow();
      });
      assert.equal(result.numUpdatedRows, 2n);
    });

    it('returns the rows of an insert that asks for them', async () => {
      const row = await database.transaction((tx) =>
        tx
          .query<ContractTables>()
          .insertInto('accounts')
          .values({ id: 'returned', balance: 3, share: 1, note: null, at: 1 })
          .returning(['id', 'balance'])
          .executeTakeFirstOrThrow(),
      );
      assert.deepEqual(row, { id: 'returned', balance: 3 });
    });

    it('streams rows in chunks', async () => {
      await database.transaction(async (tx) => {
        for (let index = 0; index < 25; index++) await add(tx, `stream-${String(index).padStart(2, '0')}`);
      });
      const seen: string[] = [];
      const rows = database
        .query<ContractTables>()
        .selectFrom('accounts')
        .select('id')
        .where('id', 'like', 'stream-%')
        .orderBy('id')
        .stream(10);
      for await (const row of rows) seen.push(row.id);
      assert.equal(seen.length, 25);
      assert.equal(seen[24], 'stream-24');
    });

    it('refuses writes through the database itself', async () => {
      await assert.rejects(() => add(database, 'stray'));
      assert.deepEqual(await ids(database, 'stray'), []);
    });

    it('refuses a transaction inside a transaction instead of waiting for itself', async () => {
      await assert.rejects(
        database.transaction(() => database.transaction(async () => {})),
        /pass `tx` down/,
      );
    });

    it('refuses a read past `tx` inside a transaction', async () => {
      await assert.rejects(
        database.transaction(() => ids(database, 'any')),
        /through its `tx`/,
      );
    });

    it('refuses the use of a transaction after its body has ended', async () => {
      const kept = await database.transaction(async (tx) => ({ tx }));
      await assert.rejects(() => add(kept.tx, 'late'));
    });

    it('refuses transactions once it is closed, after finishing those that were queued', async () => {
      const other = await open();
      const queued = other.transaction(async () => 'done');
      await other.close();
      assert.equal(await queued, 'done');
      await assert.rejects(
        other.transaction(async () => {}),
        /closed/,
      );
    });
  });
}

/** Reads until so many rows are settled: what other databases of the same engine still run can hold that back. */
async function settled<Row>(read: () => Promise<Row[]>, count: number): Promise<Row[]> {
  for (;;) {
    const rows = await read();
    if (rows.length >= count) return rows;
    await sleep(5);
  }
}

/** Makes a function that runs in the asynchronous context of this place, whoever calls it. */
function outsideOf(work: () => void): () => void {
  return AsyncLocalStorage.bind(work);
}
