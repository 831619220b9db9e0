import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type AccountTables, accountIds, addAccount, createAccountTables } from './accounts.fixture.ts';
import type { SqlDatabase, SqlReader } from './sql-database.ts';

/** What every SQL engine must keep of the values it is given and asked for. `open` gives an empty database. */
export function rowValuesContract(engine: string, open: () => Promise<SqlDatabase>): void {
  describe(`rows and their values on ${engine}`, () => {
    let database: SqlDatabase;

    before(async () => {
      database = await open();
      await createAccountTables(database);
    });
    after(() => database.close());

    it('returns values with the types they were written with', async () => {
      await database.transaction((tx) => addAccount(tx, 'types', -7));
      const row = await database
        .query<AccountTables>()
        .selectFrom('accounts')
        .selectAll()
        .where('id', '=', 'types')
        .executeTakeFirstOrThrow();
      assert.deepEqual(row, { id: 'types', balance: -7, share: 0.1, note: null, at: 1_753_000_000_000 });
    });

    it('skips a row that is there when asked to, and says so', async () => {
      const insert = () =>
        database.transaction((tx) =>
          tx
            .query<AccountTables>()
            .insertInto('accounts')
            .values({ id: 'skip-1', balance: 0, share: 0, note: null, at: 0 })
            .onConflict((conflict) => conflict.column('id').doNothing())
            .executeTakeFirstOrThrow(),
        );
      assert.equal((await insert()).numInsertedOrUpdatedRows, 1n);
      assert.equal((await insert()).numInsertedOrUpdatedRows, 0n);
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
        for (const word of words) await addAccount(tx, word);
      });
      assert.deepEqual(
        await accountIds(database, 'order-'),
        words.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
      const behind = await database
        .query<AccountTables>()
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
          .query<AccountTables>()
          .insertInto('accounts')
          .values([
            { id: 'large-1', balance: large, share: 1e300, note: null, at: -large },
            { id: 'large-2', balance: -5, share: 5e-324, note: null, at: 7 },
          ])
          .execute();
      });
      const rows = await database
        .query<AccountTables>()
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
        .query<AccountTables>()
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
          .query<AccountTables>()
          .selectFrom('accounts')
          .select('id')
          .where(reader.isOneOf('id', wanted))
          .orderBy('id')
          .execute();
      const kept = [ids[3] ?? '', ids[1200] ?? ''].sort();
      await database.transaction(async (tx) => {
        for (const id of kept)
          await tx
            .query<AccountTables>()
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
        database.transaction((tx) => addAccount(tx, 'nul-\u0000')),
        { code: 'INVALID_REQUEST' },
      );
      await assert.rejects(accountIds(database, 'nul-\u0000'), { code: 'INVALID_REQUEST' });
    });

    it('reads conditions that are selected as 0 and 1', async () => {
      await database.transaction((tx) => addAccount(tx, 'condition-1', 5));
      const row = await database
        .query<AccountTables>()
        .selectFrom('accounts')
        .select((query) => [query('balance', '>', 3).as('above'), query('balance', '>', 7).as('far')])
        .where('id', '=', 'condition-1')
        .executeTakeFirstOrThrow();
      assert.deepEqual(row, { above: 1, far: 0 });
    });

    it('counts the rows an update changed', async () => {
      const result = await database.transaction(async (tx) => {
        await addAccount(tx, 'count-1');
        await addAccount(tx, 'count-2');
        return tx
          .query<AccountTables>()
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
          .query<AccountTables>()
          .insertInto('accounts')
          .values({ id: 'returned', balance: 3, share: 1, note: null, at: 1 })
          .returning(['id', 'balance'])
          .executeTakeFirstOrThrow(),
      );
      assert.deepEqual(row, { id: 'returned', balance: 3 });
    });

    it('streams rows in chunks', async () => {
      await database.transaction(async (tx) => {
        for (let index = 0; index < 25; index++)
          await addAccount(tx, `stream-${String(index).padStart(2, '0')}`);
      });
      const seen: string[] = [];
      const rows = database
        .query<AccountTables>()
        .selectFrom('accounts')
        .select('id')
        .where('id', 'like', 'stream-%')
        .orderBy('id')
        .stream(10);
      for await (const row of rows) seen.push(row.id);
      assert.equal(seen.length, 25);
      assert.equal(seen[24], 'stream-24');
    });
  });
}
