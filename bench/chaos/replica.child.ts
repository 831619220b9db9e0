import { setTimeout as sleep } from 'node:timers/promises';
import { compose } from '../../packages/server/src/compose.ts';
import { loadConfig } from '../../packages/server/src/config.ts';
import type { ChaosTables } from './chaos-tables.ts';

// One server of the crowd: the product, composed with one more kind of job, a subscriber and a schedule that count.
const config = loadConfig({ flags: {}, environment: process.env });
const replica = process.env.CHAOS_REPLICA ?? '';
const house = await compose(config, process.env);
const { sql, jobs, events, audit, clock } = house.inner;

jobs.register(
  'chaos.count',
  async ({ job, context, signal }) => {
    const { ms } = job.payload as { ms: number };
    await sql.transaction((tx) =>
      tx
        .query<ChaosTables>()
        .insertInto('chaos_starts')
        .values({ job: job.id, replica, at: clock.now() })
        .execute(),
    );
    await sleep(ms, undefined, { signal });
    // As every handler: an attempt that is made again does not repeat what an earlier one has done.
    await sql.transaction(async (tx) => {
      const query = tx.query<ChaosTables>();
      const done = await query
        .selectFrom('chaos_effects')
        .select('at')
        .where('job', '=', job.id)
        .executeTakeFirst();
      if (done !== undefined) return;
      await query.insertInto('chaos_effects').values({ job: job.id, replica, at: clock.now() }).execute();
      const { total } = await query
        .selectFrom('chaos_counter')
        .select('total')
        .where('id', '=', 1)
        .executeTakeFirstOrThrow();
      await query
        .updateTable('chaos_counter')
        .set({ total: total + 1 })
        .where('id', '=', 1)
        .execute();
      await audit.record(tx, context, { action: 'chaos.counted', subject: { kind: 'job', id: job.id } });
    });
    return null;
  },
  { concurrency: 4 },
);

jobs.register('chaos.tick', async ({ job }) => {
  await sql.transaction(async (tx) => {
    const { dedupe_key: key } = await tx
      .query<{ jobs: { id: string; dedupe_key: string } }>()
      .selectFrom('jobs')
      .select('dedupe_key')
      .where('id', '=', job.id)
      .executeTakeFirstOrThrow();
    await tx.query<ChaosTables>().insertInto('chaos_ticks').values({ key, at: clock.now() }).execute();
  });
  return null;
});
jobs.schedule({
  name: 'chaos.tick',
  timing: { everyMs: 3_000 },
  workspace: 'default',
  kind: 'chaos.tick',
  payload: null,
  maxAttempts: 5,
});

events.subscribe('job.finished', 'chaos.told', async ({ id, payload }) => {
  if (payload.kind !== 'chaos.count') return;
  await sql.transaction((tx) =>
    tx
      .query<ChaosTables>()
      .insertInto('chaos_told')
      .values({
        event: id,
        job: payload.jobId,
        at: clock.now(),
        position: tx.nextPosition('chaos_told'),
      })
      .execute(),
  );
});

process.stdin.once('close', () => process.exit(1)).resume();
const { url, innerUrl } = await house.http.listen();
await house.start({ url, innerUrl });
await house.identity.bootstrap({
  publicUrl: url,
  interactive: true,
  ...(config.bootstrapToken === undefined ? {} : { bootstrapToken: config.bootstrapToken }),
});
process.stdout.write(`${JSON.stringify({ url })}\n`);
process.once('SIGTERM', () => void house.close(2_000).then(() => process.exit(0)));
