import { systemClock } from '../kernel/clock.ts';
import { migrations } from '../migrations/index.ts';
import { migrate } from '../storage/sql/migrator.ts';
import { openSqliteDatabase } from '../storage/sql/sqlite/open-sqlite-database.ts';
import { enqueue, makeQueue } from './job-queue.fixture.ts';

// Begins a job of one attempt, prints its id from inside the handler, and waits to be killed.
const database = openSqliteDatabase({ path: process.argv[2] ?? '' });
await migrate(database, migrations, systemClock);
const { jobs } = makeQueue(database);
jobs.register('long', async ({ job }) => {
  process.stdout.write(job.id);
  return new Promise(() => setInterval(() => {}, 60_000));
});
await jobs.start();
await enqueue(database, jobs, 'long');
