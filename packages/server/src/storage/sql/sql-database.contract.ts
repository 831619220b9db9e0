import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AccountTables, accountIds, addAccount, createAccountTables } from './accounts.fixture.ts';
import { beginCommitEpoch } from './commit-epoch.ts';
import type { SqlDatabase, SqlReader } from './sql-database.ts';

/**
 * What every SQL engine must keep of transactions; of values and statements see `rowValuesContract` and
 * `statementsContract`. `open` gives an empty database, closed by the suite.
 */
export function sqlDatabaseContract(engine: string, open: () => Promise<SqlDatabase>): void {
  describe(`the SQL port on ${engine}`, () => {
    let database: SqlDatabase;

    before(async () => {
      database = await open();
      await createAccountTables(database);
    });
    after(() => database.close());

    it('keeps what is committed lazily, and tells of it', async () => {
      let told = false;
      await database.transaction(
        async (tx) => {
          tx.afterCommit(() => {
            told = true;
          });
          await addAccount(tx, 'lazy-1');
        },
        { durability: 'lazy' },
      );
      assert.ok(told);
      assert.deepEqual(await accountIds(database, 'lazy-'), ['lazy-1']);
    });

    it('shows a transaction its own writes and others only what is committed', async () => {
      let insideOnly: string[] = [];
      await database.transaction(async (tx) => {
        await addAccount(tx, 'own-1');
        insideOnly = await accountIds(tx, 'own-');
      });
      assert.deepEqual(insideOnly, ['own-1']);
      assert.deepEqual(await accountIds(database, 'own-'), ['own-1']);
    });

    it('keeps a read that runs beside an open transaction from seeing its writes', async () => {
      const seen: string[][] = [];
      let reading: Promise<unknown> = Promise.resolve();
      const startReading = outsideOf(() => {
        reading = accountIds(database, 'beside-').then((found) => seen.push(found));
      });
      await assert.rejects(
        database.transaction(async (tx) => {
          await addAccount(tx, 'beside-1');
          startReading();
          await addAccount(tx, 'beside-2');
          throw new Error('changed its mind');
        }),
        /changed its mind/,
      );
      await reading;
      assert.deepEqual(seen, [[]]);
    });

    it('takes back a body that throws and keeps the bodies of the same commit', async () => {
      const outcomes = await Promise.allSettled([
        database.transaction((tx) => addAccount(tx, 'group-1')),
        database.transaction(async (tx) => {
          await addAccount(tx, 'group-2');
          throw new Error('refused');
        }),
        database.transaction((tx) => addAccount(tx, 'group-3')),
      ]);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      assert.deepEqual(await accountIds(database, 'group-'), ['group-1', 'group-3']);
    });

    it('runs concurrent read-then-write bodies as if one after the other', async () => {
      await database.transaction((tx) => addAccount(tx, 'counter', 0));
      const increments = Array.from({ length: 50 }, () =>
        database.transaction(async (tx) => {
          const { balance } = await tx
            .query<AccountTables>()
            .selectFrom('accounts')
            .select('balance')
            .where('id', '=', 'counter')
            .executeTakeFirstOrThrow();
          await tx
            .query<AccountTables>()
            .updateTable('accounts')
            .set({ balance: balance + 1 })
            .where('id', '=', 'counter')
            .execute();
        }),
      );
      await Promise.all(increments);
      const row = await database
        .query<AccountTables>()
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
        await addAccount(tx, 'listener-1');
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
        await addAccount(tx, 'listener-2');
      });
      assert.deepEqual(await accountIds(database, 'listener-2'), ['listener-2']);
    });

    it('ends a transaction whose statement failed, even when the body goes on', async () => {
      let afterwards: unknown;
      await assert.rejects(
        database.transaction(async (tx) => {
          await addAccount(tx, 'unique-1');
          await assert.rejects(() => addAccount(tx, 'unique-1'));
          afterwards = await accountIds(tx, 'unique-').catch((error: unknown) => error);
        }),
      );
      assert.ok(afterwards instanceof Error);
      assert.deepEqual(await accountIds(database, 'unique-'), []);
    });

    it('tells the listeners of a topic after the commit, and never when the body threw', async () => {
      const told: string[] = [];
      const end = database.listen('jobs', (message) => told.push(message));
      const endOther = database.listen('audit', () => assert.fail('of another topic'));
      await database.transaction(async (tx) => {
        tx.announce('jobs', 'training');
        tx.announce('jobs');
        await addAccount(tx, 'announce-1');
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
            .query<AccountTables>()
            .insertInto('places')
            .values({ id, position: tx.nextPosition('places') })
            .execute(),
        );
      const places = (reader: SqlReader) =>
        reader
          .query<AccountTables>()
          .selectFrom('places')
          .select(['id', 'position'])
          .where('position', '<', reader.settledPosition())
          .orderBy('position')
          .execute();
      await place('one');
      await database.transaction(async (tx) => {
        for (const id of ['two', 'three']) {
          await tx
            .query<AccountTables>()
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
          .query<AccountTables>()
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
      await database.transaction((tx) => addAccount(tx, 'hot-1'), { isolation: 'read-committed' });
      assert.deepEqual(await accountIds(database, 'hot-'), ['hot-1']);
    });

    it('refuses writes through the database itself', async () => {
      await assert.rejects(() => addAccount(database, 'stray'));
      assert.deepEqual(await accountIds(database, 'stray'), []);
    });

    it('refuses a transaction inside a transaction instead of waiting for itself', async () => {
      await assert.rejects(
        database.transaction(() => database.transaction(async () => {})),
        /pass `tx` down/,
      );
    });

    it('refuses a read past `tx` inside a transaction', async () => {
      await assert.rejects(
        database.transaction(() => accountIds(database, 'any')),
        /through its `tx`/,
      );
    });

    it('refuses the use of a transaction after its body has ended', async () => {
      const kept = await database.transaction(async (tx) => ({ tx }));
      await assert.rejects(() => addAccount(kept.tx, 'late'));
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
