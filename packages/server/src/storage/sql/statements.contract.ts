import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import { RowsMissed, type SqlDatabase, type SqlTransaction } from './sql-database.ts';

interface ContractTables {
  accounts: { id: string; note: string | null };
}

/** What every SQL engine must keep of statements that go to it together. `open` gives an empty database. */
export function statementsContract(engine: string, open: () => Promise<SqlDatabase>): void {
  describe(`statements that go together on ${engine}`, () => {
    let database: SqlDatabase;

    before(async () => {
      database = await open();
      await database.transaction((tx) =>
        tx
          .query<ContractTables>()
          .schema.createTable('accounts')
          .addColumn('id', 'text', (column) => column.primaryKey().notNull())
          .addColumn('note', 'text')
          .execute(),
      );
    });
    after(() => database.close());

    function add(tx: SqlTransaction, id: string) {
      return tx.query<ContractTables>().insertInto('accounts').values({ id, note: null }).execute();
    }

    async function ids(prefix: string): Promise<string[]> {
      const rows = await database
        .query<ContractTables>()
        .selectFrom('accounts')
        .select('id')
        .where('id', 'like', `${prefix}%`)
        .orderBy('id')
        .execute();
      return rows.map((row) => row.id);
    }

    function renameEach(tx: SqlTransaction, names: readonly string[]): Promise<readonly { id: string }[]> {
      return tx.forEachRow(
        { id: 'text' },
        names.map((name) => [name]),
        ({ value, from }) => sql<{ id: string }>`
          update accounts set note = ${'renamed'} ${from} where accounts.id = ${value('id')} returning accounts.id`,
        { returnsEach: true },
      );
    }

    it('gives the first rows of an order and those that are level with the last, to be put into a full order', async () => {
      const notes = ['b', 'a', 'c', 'b', 'd', 'b', 'a'];
      await database.transaction(async (tx) => {
        for (const [index, note] of notes.entries())
          await tx
            .query<ContractTables>()
            .insertInto('accounts')
            .values({ id: `level-${index}`, note })
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
      await database.transaction((tx) => add(tx, 'there'));
      const found = await database.transaction((tx) => renameEach(tx, ['there']));
      assert.deepEqual(found, [{ id: 'there' }]);
      for (const missing of [['there', 'not there'], ['not there']]) {
        await assert.rejects(
          database.transaction(async (tx) => {
            await add(tx, 'there too');
            await renameEach(tx, missing);
          }),
          RowsMissed,
        );
      }
      assert.deepEqual(await ids('there'), ['there']);
    });

    it('keeps what statements that are sent at once wrote, or none of it', async () => {
      const atOnce = { isolation: 'read-committed', statements: 'at-once' } as const;
      let told = false;
      await database.transaction((tx) => add(tx, 'before'));
      const [, found] = await database.transaction((tx) => {
        tx.afterCommit(() => {
          told = true;
        });
        return Promise.all([add(tx, 'together 1'), renameEach(tx, ['before']), add(tx, 'together 2')]);
      }, atOnce);
      assert.deepEqual(found, [{ id: 'before' }]);
      assert.equal(told, true);
      await assert.rejects(
        database.transaction(
          (tx) => Promise.all([add(tx, 'together 3'), renameEach(tx, ['nobody']), add(tx, 'together 4')]),
          atOnce,
        ),
        RowsMissed,
      );
      assert.equal(await database.transaction(async () => 7, atOnce), 7);
      assert.deepEqual(await ids('together'), ['together 1', 'together 2']);
    });

    it('keeps what the last statements of a body wrote, or nothing of the body', async () => {
      let told = 0;
      const write = (last: readonly string[], names: readonly string[]) =>
        database.transaction(async (tx) => {
          await add(tx, `first of ${last[0]}`);
          tx.ends();
          const ended = await Promise.all([...last.map((id) => add(tx, id)), renameEach(tx, names)]);
          tx.afterCommit(() => {
            told++;
          });
          return ended.length;
        });
      await database.transaction((tx) => add(tx, 'old'));
      assert.equal(await write(['last 1', 'last 2'], ['old']), 3);
      await assert.rejects(write(['last 3', 'last 4'], ['nobody']), RowsMissed);
      await assert.rejects(write(['last 5', 'last 1'], ['old']));
      assert.equal(told, 1);
      assert.deepEqual(await ids('last'), ['last 1', 'last 2']);
      assert.deepEqual(await ids('first of last'), ['first of last 1']);
      const idle = await database.transaction(async (tx) => {
        await add(tx, 'last of all');
        tx.ends();
        return 7;
      });
      assert.equal(idle, 7);
      assert.deepEqual(await ids('last of'), ['last of all']);
    });
  });
}
