// npm run chaos -- [--seconds 60] [--jobs 300] [--seed 1] [--database-url postgres://…] [--save]
// Three servers on one PostgreSQL work on jobs while one of them is killed every five seconds; then everything is counted.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createRandom } from '@esteira/ml';
import { createJobQueue } from '../../packages/server/src/jobs/index.ts';
import { systemClock } from '../../packages/server/src/kernel/clock.ts';
import { createIdGenerator } from '../../packages/server/src/kernel/ids.ts';
import { silentLogger } from '../../packages/server/src/kernel/logger.ts';
import { systemRandom } from '../../packages/server/src/kernel/random-source.ts';
import { migrations } from '../../packages/server/src/migrations/index.ts';
import { createEventBus } from '../../packages/server/src/storage/events/event-bus.ts';
import { openDatabaseClock } from '../../packages/server/src/storage/sql/database-clock.ts';
import { migrate } from '../../packages/server/src/storage/sql/migrator.ts';
import { openPostgresDatabase } from '../../packages/server/src/storage/sql/postgres/open-postgres-database.ts';
import { startPostgres } from '../../packages/server/src/storage/sql/postgres/start-postgres.fixture.ts';
import { createChaosTables } from './chaos-tables.ts';
import { judgeRun, type Verdict } from './judge-run.ts';
import { type OrphanWatch, watchOrphans } from './orphan-watch.ts';
import { createReplicaProcess, type ReplicaProcess } from './replica-process.ts';

const killEveryMs = 5_000;
/** Every fourth server killed stays away for longer than leases last, so that others must take its work over. */
const longAbsenceMs = 19_000;
const patienceMs = 90_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    jobs: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    'database-url': { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const wantedJobs = Number(values.jobs);
const chance = createRandom(Number(values.seed));
const token = `chaos-${'0'.repeat(40)}`;
const folder = mkdtempSync(join(tmpdir(), 'esteira-chaos-'));

const own = values['database-url'] === undefined ? await startPostgres({ durable: true }) : undefined;
const url = values['database-url'] ?? own?.url ?? '';
const database = await openPostgresDatabase({ url, poolSize: 5, random: systemRandom });
const clock = await openDatabaseClock({ database, system: systemClock, logger: silentLogger });
const replicas = ['one', 'two', 'three'].map((name) =>
  createReplicaProcess({
    name,
    folder,
    environment: {
      ESTEIRA_DATABASE_URL: url,
      ESTEIRA_PORT: '0',
      ESTEIRA_SERVING_PORT: '0',
      ESTEIRA_SERVING_GRPC_PORT: '0',
      ESTEIRA_BOOTSTRAP_TOKEN: token,
      ESTEIRA_LOG_LEVEL: 'warn',
    },
  }),
);
const restarts: Promise<void>[] = [];
let verdicts: readonly Verdict[] = [];
let kills = 0;
const began = performance.now();
try {
  verdicts = await run();
} finally {
  await Promise.allSettled(restarts);
  await Promise.all(replicas.map((replica) => replica.kill()));
  clock.stop();
  await database.close();
  await own?.stop();
}
report();

async function run(): Promise<readonly Verdict[]> {
  await migrate(database, migrations, clock);
  await createChaosTables(database);
  await Promise.all(replicas.map((replica) => replica.start()));
  console.log(`${replicas.length} servers are up after ${elapsed()}; seed ${values.seed}`);
  const stopAt = performance.now() + seconds * 1_000;
  const watch = watchOrphans(database, clock);
  const [jobs] = await Promise.all([enqueueOver(seconds * 850), killUntil(stopAt, watch)]);
  await Promise.all(restarts);
  await untilFinished(jobs.length);
  const orphans = await watch.end();
  const alive = replicas.find((replica) => replica.isUp());
  return await judgeRun(database, { jobs, orphans, url: alive?.url() ?? '', token });
}

/** Jobs of a few tenths of a second to three seconds, spread over the time. */
async function enqueueOver(ms: number): Promise<readonly string[]> {
  const ids = createIdGenerator({ clock, random: systemRandom });
  const events = createEventBus({ database, clock, ids, logger: silentLogger });
  const queue = createJobQueue({
    database,
    events,
    clock,
    ids,
    random: systemRandom,
    logger: silentLogger,
    installationId: 'chaos',
    resolveActor: async () => undefined,
  });
  const actor = {
    id: 'system',
    kind: 'system',
    name: 'chaos',
    roles: [],
    permissions: new Set<never>(),
  } as const;
  const context = { workspace: 'default', actor, requestId: ids.next('req') };
  const jobs: string[] = [];
  for (let made = 0; made < wantedJobs; made++) {
    const payload = { ms: Math.round(200 + 2_800 * chance.next() ** 2) };
    jobs.push(
      await database.transaction((tx) => queue.enqueue(tx, context, { kind: 'chaos.count', payload })),
    );
    await sleep(ms / wantedJobs);
  }
  return jobs;
}

async function killUntil(stopAt: number, watch: OrphanWatch): Promise<void> {
  for (;;) {
    await sleep(Math.min(killEveryMs, Math.max(0, stopAt - performance.now())));
    const up = await serversUp(stopAt);
    if (performance.now() >= stopAt) return;
    const victim = up[Math.floor(chance.next() * up.length)];
    if (victim === undefined) continue;
    await victim.kill();
    kills++;
    const jobs = await watch.orphansOf(victim.installationId() ?? '');
    const absence = kills % 4 === 0 ? longAbsenceMs : 500 + 2_500 * chance.next();
    console.log(
      `${elapsed()} killed ${victim.name} with ${jobs} jobs in hand, away for ${(absence / 1000).toFixed(1)} s`,
    );
    restarts.push(sleep(absence).then(() => victim.start()));
  }
}

/** Waits for two, so that one is left to take over; an outage of all is no test of that. */
async function serversUp(until: number): Promise<readonly ReplicaProcess[]> {
  for (;;) {
    const up = replicas.filter((replica) => replica.isUp());
    if (up.length >= 2 || performance.now() >= until) return up;
    await sleep(50);
  }
}

async function untilFinished(count: number): Promise<void> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(200)) {
    const { done } = await database
      .query<{ jobs: { kind: string; finished_at: number | null } }>()
      .selectFrom('jobs')
      .select((query) => query.fn.countAll<number>().as('done'))
      .where('kind', '=', 'chaos.count')
      .where('finished_at', 'is not', null)
      .executeTakeFirstOrThrow();
    if (Number(done) >= count) return;
  }
}

function report(): void {
  const width = Math.max(...verdicts.map(({ what }) => what.length));
  console.log(`\n${wantedJobs} jobs, ${replicas.length} servers, ${kills} killed, ${elapsed()}`);
  for (const { what, ok, found } of verdicts) {
    console.log(`${ok ? 'ok  ' : 'FAIL'}  ${what.padEnd(width)}  ${found}`);
  }
  const passed = verdicts.filter(({ ok }) => ok).length;
  const failed = verdicts.length - passed;
  if (values.save) save();
  if (failed > 0) console.log(`the logs of the servers are in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

function save(): void {
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} cores, ${process.platform}-${process.arch}, Node ${process.version}`;
  const setting = { seconds, jobs: wantedJobs, servers: replicas.length, kills, seed: Number(values.seed) };
  const outcome = { date, machine, ...setting, verdicts };
  writeFileSync(join(results, `${date}.json`), `${JSON.stringify(outcome, null, 2)}\n`);
}

function elapsed(): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`;
}
