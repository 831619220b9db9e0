import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SqlDatabase } from './sql-database.ts';
import type { SqlSnapshot } from './sql-snapshot.ts';

interface SnapshotTables {
  things: { id: string; count: number; share: number | null };
}

/** What every engine's snapshot must keep. `open` gives an empty database, closed by the suite, and a way to look at it. */
export function sqlSnapshotContract(
  engine: string,
  open: () => Promise<{ database: SqlDatabase; openSnapshot: () => Promise<SqlSnapshot> }>,
): void {
  describe(`snapshots of ${engine}`, () => {
    let database: SqlDatabase;
    let openSnapshot: () => Promise<SqlSnapshot>;

    before(async () => {
      ({ database, openSnapshot } = await open());
      await database.transaction(async (tx) => {
        await tx
          .query<SnapshotTables>()
          .schema.createTable('things')
          .addColumn('id', 'text', (column) => column.primaryKey().notNull())
          .addColumn('count', 'bigint', (column) => column.notNull())
          .addColumn('share', 'double precision')
          .execute();
      });
    });
    after(() => database.close());

    function add(...rows: SnapshotTables['things'][]) {
      return database.transaction((tx) =>
        tx.query<SnapshotTables>().insertInto('things').values(rows).execute(),
      );
    }

    async function rowsOf(snapshot: SqlSnapshot): Promise<unknown[][]> {
      const found: unknown[][] = [];
      const columns = ['id', 'count', 'share'];
      for await (const chunk of snapshot.rows({ name: 'things', columns, order: ['id'] }))
        found.push(...chunk.map((row) => [...row]));
      return found;
    }

    it('holds what was committed before it, and nothing of what comes after', async () => {
      await add({ id: 'b', count: 2, share: 0.1 }, { id: 'B', count: -(2 ** 53 - 1), share: null });
      const snapshot = await openSnapshot();
      await add({ id: 'a', count: 1, share: Number.POSITIVE_INFINITY });
      await database.transaction((tx) =>
        tx.query<SnapshotTables>().deleteFrom('things').where('id', '=', 'b').execute(),
      );
      const before = [
        ['B', -(2 ** 53 - 1), null],
        ['b', 2, 0.1],
      ];
      assert.deepEqual(await rowsOf(snapshot), before);
      assert.deepEqual(await rowsOf(snapshot), before);
      await snapshot.close();
      const later = await openSnapshot();
      assert.deepEqual(
        (await rowsOf(later)).map(([id]) => id),
        ['B', 'a'],
      );
      await later.close();
    });

    it('names the tables', async () => {
      const snapshot = await openSnapshot();
      assert.ok((await snapshot.tables()).includes('things'));
      await snapshot.close();
    });

    it('gives a long table in chunks, all of it, in order', async () => {
      for (let start = 0; start < 5000; start += 500) {
        await add(
          ...Array.from({ length: 500 }, (_, index) => {
            return { id: `long-${String(start + index).padStart(5, '0')}`, count: index, share: index / 7 };
          }),
        );
      }
      const snapshot = await openSnapshot();
      let largest = 0;
      const ids: unknown[] = [];
      for await (const chunk of snapshot.rows({ name: 'things', columns: ['id'], order: ['id'] })) {
        largest = Math.max(largest, chunk.length);
        ids.push(...chunk.map(([id]) => id));
      }
      await snapshot.close();
      const long = ids.filter((id) => String(id).startsWith('long-'));
      assert.equal(long.length, 5000);
      assert.deepEqual(long, [...long].sort());
      assert.ok(largest < 5000);
    });

    it('can be left in the middle of a table', async () => {
      const snapshot = await openSnapshot();
      for await (const chunk of snapshot.rows({ name: 'things', columns: ['id'], order: ['id'] })) {
        assert.ok(chunk.length > 0);
        break;
      }
      await snapshot.close();
      await add({ id: 'z', count: 0, share: 0 });
    });
  });
}
