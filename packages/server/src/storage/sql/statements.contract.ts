import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import { type AccountTables, accountIds, addAccount, createAccountTables } from './accounts.fixture.ts';
import { RowsMissed, type SqlDatabase, type SqlTransaction } from './sql-database.ts';

/** What every SQL engine must keep of statements that go to it together. `open` gives an empty database. */
export function statementsContract(engine: string, open: () => Promise<SqlDatabase>): void {
  describe(`statements that go together on ${engine}`, () => {
    let database: SqlDatabase;

    before(async () => {
      database = await open();
      await createAccountTables(database);
    });
    after(() => database.close());

    function renameEach(tx: SqlTransaction, names: readonly string[]): Promise<readonly { id: string }[]> {
      return tx.forEachRow(
        { id: 'text' },
        names.map((name) => [name]),
        ({ value, from }) => sql<{ id: string }>`
          update accounts set note = ${'renamed'} ${from} where accounts.id = ${value('id')} returning accounts.id`,
        { returnsEach: true },
      );
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
        .query<AccountTables>()
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
      assert.deepEqual(await accountIds(database, 'each new'), []);
    });

    it('returns what a statement for many rows returns, and gives each row its position in their order', async () => {
      const rows = ['late', 'early', 'between'].map((name) => [`each ${name}`]);
      const placed = await database.transaction(async (tx) => {
        await tx
          .query<AccountTables>()
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
      await database.transaction((tx) => tx.query<AccountTables>().deleteFrom('places').execute());
    });

    it('gives the first rows of an order and those that are level with the last, to be put into a full order', async () => {
      const notes = ['b', 'a', 'c', 'b', 'd', 'b', 'a'];
      await database.transaction(async (tx) => {
        for (const [index, note] of notes.entries())
          await tx
            .query<AccountTables>()
            .insertInto('accounts')
            .values({ id: `level-${index}`, balance: 0, share: 0, note, at: 0 })
            .execute();
      });
      for (const limit of [1, 3, 4, 5, 6]) {
        const { rows } = await sql<{ id: string }>`
          select id from (
            select id, note from accounts where id like 'level-%' order by note desc ${database.firstOfIndex(limit)}
          ) as found
          order by note desc, id limit ${limit}`.execute(database.query());
        const expected = ['level-4', 'level-2', 'level-0', 'level-3', 'level-5', 'level-1'].slice(0, limit);
        assert.deepEqual(
          rows.map(({ id }) => id),
          expected,
        );
      }
    });

    it('takes a transaction back whose rows were to be returned each and are not', async () => {
      await database.transaction((tx) => addAccount(tx, 'there'));
      const found = await database.transaction((tx) => renameEach(tx, ['there']));
      assert.deepEqual(found, [{ id: 'there' }]);
      for (const missing of [['there', 'not there'], ['not there']]) {
        await assert.rejects(
          database.transaction(async (tx) => {
            await addAccount(tx, 'there too');
            await renameEach(tx, missing);
          }),
          RowsMissed,
        );
      }
      assert.deepEqual(await accountIds(database, 'there'), ['there']);
    });

    it('keeps what statements that are sent at once wrote, or none of it', async () => {
      const atOnce = { isolation: 'read-committed', statements: 'at-once' } as const;
      let told = false;
      await database.transaction((tx) => addAccount(tx, 'before'));
      const [, found] = await database.transaction((tx) => {
        tx.afterCommit(() => {
          told = true;
        });
        return Promise.all([
          addAccount(tx, 'together 1'),
          renameEach(tx, ['before']),
          addAccount(tx, 'together 2'),
        ]);
      }, atOnce);
      assert.deepEqual(found, [{ id: 'before' }]);
      assert.equal(told, true);
      await assert.rejects(
        database.transaction(
          (tx) =>
            Promise.all([
              addAccount(tx, 'together 3'),
              renameEach(tx, ['nobody']),
              addAccount(tx, 'together 4'),
            ]),
          atOnce,
        ),
        RowsMissed,
      );
      assert.equal(await database.transaction(async () => 7, atOnce), 7);
      assert.deepEqual(await accountIds(database, 'together'), ['together 1', 'together 2']);
    });

    it('keeps what the last statements of a body wrote, or nothing of the body', async () => {
      let told = 0;
      const write = (last: readonly string[], names: readonly string[]) =>
        database.transaction(async (tx) => {
          await addAccount(tx, `first of ${last[0]}`);
          tx.ends();
          const ended = await Promise.all([...last.map((id) => addAccount(tx, id)), renameEach(tx, names)]);
          tx.afterCommit(() => {
            told++;
          });
          return ended.length;
        });
      await database.transaction((tx) => addAccount(tx, 'old'));
      assert.equal(await write(['last 1', 'last 2'], ['old']), 3);
      await assert.rejects(write(['last 3', 'last 4'], ['nobody']), RowsMissed);
      await assert.rejects(write(['last 5', 'last 1'], ['old']));
      assert.equal(told, 1);
      assert.deepEqual(await accountIds(database, 'last'), ['last 1', 'last 2']);
      assert.deepEqual(await accountIds(database, 'first of last'), ['first of last 1']);
      const idle = await database.transaction(async (tx) => {
        await addAccount(tx, 'last of all');
        tx.ends();
        return 7;
      });
      assert.equal(idle, 7);
      assert.deepEqual(await accountIds(database, 'last of'), ['last of all']);
    });
  });
}
