import { EsteiraError } from '../../../kernel/errors.ts';
import { openSqliteDatabase } from './open-sqlite-database.ts';

interface Tables {
  notes: { id: number; text: string };
}

// Writes rows of 10 kB until the file-size limit of the process stops it, then says what was promised to be kept.
const database = openSqliteDatabase({ path: process.argv[2] ?? '' });
await database.transaction(async (tx) => {
  await tx
    .query<Tables>()
    .schema.createTable('notes')
    .addColumn('id', 'integer')
    .addColumn('text', 'text')
    .execute();
});
let committed = 0;
let code = 'none';
while (code === 'none' && committed < 10_000) {
  const group = Array.from({ length: 5 }, (_, index) =>
    database.transaction(async (tx) => {
      const row = { id: committed + index, text: 'x'.repeat(10_000) };
      await tx.query<Tables>().insertInto('notes').values(row).execute();
    }),
  );
  const outcomes = await Promise.allSettled(group);
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') committed++;
    else code = outcome.reason instanceof EsteiraError ? outcome.reason.code : String(outcome.reason);
  }
}
const { length } = await database.query<Tables>().selectFrom('notes').select('id').execute();
process.stdout.write(JSON.stringify({ code, committed, readable: length }));
await database.close();
