import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { SqlDatabase } from './sql-database.ts';

interface ContractTables {
  accounts: { id: string; balance: number; share: number; at: number };
}

/** What every SQL engine must keep of the lists it prints. `open` gives an empty database. */
export function jsonListContract(engine: string, open: () => Promise<SqlDatabase>): void {
  it(`${engine} tells the rows of a group as the text of a JSON list, in their order`, async () => {
    const database = await open();
    await database.transaction((tx) =>
      tx
        .query<ContractTables>()
        .schema.createTable('accounts')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('balance', 'bigint', (column) => column.notNull())
        .addColumn('share', 'double precision', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .execute(),
    );
    const shares = [
      0.1,
      1e300,
      Number.MAX_VALUE,
      5e-324,
      -7,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    const names = shares.map((_, index) => `listed-${9 - index} "\\\n\u2028é`);
    await database.transaction(async (tx) => {
      for (const [index, share] of shares.entries())
        await tx
          .query<ContractTables>()
          .insertInto('accounts')
          .values({ id: names[index] ?? '', balance: index % 2, share, at: index })
          .execute();
    });
    const share = { number: 'share', isNan: sql<boolean>`at = 4` };
    const kind = 'of "one" \n kind';
    const lists = await database
      .query<ContractTables>()
      .selectFrom((all) =>
        all
          .selectFrom('accounts')
          .selectAll()
          .where('id', 'like', 'listed-%')
          .orderBy('balance')
          .orderBy('id')
          .as('listed'),
      )
      .select([
        'balance',
        database
          .jsonList({ 'the "name"': 'id', share, at: { whole: 'at' }, kind: { constant: kind } })
          .as('list'),
      ])
      .groupBy('balance')
      .orderBy('balance')
      .execute();
    const shown = [0.1, 1e300, Number.MAX_VALUE, 5e-324, 'NaN', 'Infinity', '-Infinity'];
    const item = (at: number) => ({ 'the "name"': names[at], share: shown[at], at, kind });
    assert.deepEqual(
      lists.map(({ balance, list }) => ({ balance, list: JSON.parse(list) as unknown })),
      [
        { balance: 0, list: [6, 4, 2, 0].map(item) },
        { balance: 1, list: [5, 3, 1].map(item) },
      ],
    );
    await database.close();
  });
}
