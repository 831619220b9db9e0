import { openSqliteDatabase } from './open-sqlite-database.ts';

// Commits three rows, leaves a fourth uncommitted, and dies without closing anything.
const database = openSqliteDatabase({ path: process.argv[2] ?? '' });
await database.transaction(async (tx) => {
  await tx.query<unknown>().schema.createTable('notes').addColumn('id', 'integer').execute();
});
const query = (id: number) => ({ id });
await Promise.all(
  [1, 2, 3].map((id) =>
    database.transaction(async (tx) => {
      await tx.query<{ notes: { id: number } }>().insertInto('notes').values(query(id)).execute();
    }),
  ),
);
await database.transaction(async (tx) => {
  await tx.query<{ notes: { id: number } }>().insertInto('notes').values(query(4)).execute();
  process.kill(process.pid, 'SIGKILL');
});
