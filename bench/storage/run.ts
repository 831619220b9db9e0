import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { type Engine, openPostgresEngine, openSqliteEngine } from './engines.ts';
import { measureJobOverhead } from './job-overhead.ts';
import { measureMetricAppend, measureRunStart } from './metric-append.ts';

/**
 * What the storage of an installation takes, against its targets: metric batches, runs and jobs, on both engines.
 *
 *   npm run bench:storage -- postgres://user@host:port/database [seconds of each measurement, 10 unless given]
 */
const postgresUrl = process.argv[2] ?? process.env.ESTEIRA_BENCH_POSTGRES_URL;
const seconds = Number(process.argv[3] ?? 10);
if (postgresUrl === undefined) {
  console.error(
    'Usage: npm run bench:storage -- postgres://user@host:port/database (of a durable server, fsync on) [seconds]',
  );
  process.exit(2);
}

/** Per second at least; for jobs, milliseconds from claim to done at most. No target: undefined. */
const targets = {
  SQLite: { append: 5000, shared10: 2600, shared500: 165, runs: 1400, overhead: 3 },
  PostgreSQL: { append: 2000, shared10: 1600, shared500: 255, runs: undefined, overhead: 6 },
} as const;

const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  processors: cpus().length,
  node: process.version,
};
const measured = [
  await measure(await openSqliteEngine()),
  await measure(await openPostgresEngine(postgresUrl)),
];
await save();

async function measure(engine: Engine) {
  const target = targets[engine.name];
  try {
    const loadBefore = loadavg()[0] ?? 0;
    // First: points that were appended are sorted in afterwards, which is work of its own. Behind them a run costs up to five
    // times the processor time.
    const jobs = await measureJobOverhead(engine, seconds);
    const runs = await measureRunStart(engine, seconds);
    printRate(engine, 'runs begun', runs, target.runs);
    const append = await measureMetricAppend(engine, seconds);
    printRate(engine, 'batches of 10 points, 16 runs', append, target.append);
    const shared10 = await measureMetricAppend(engine, seconds, { metrics: 10, share: true });
    printRate(engine, 'batches of 10 points, one run', shared10, target.shared10);
    const shared500 = await measureMetricAppend(engine, seconds, { metrics: 500, share: true });
    printRate(engine, 'batches of 500 points, one run', shared500, target.shared500);
    const { p50, p99 } = jobs.claimToDone;
    judge(p50 <= target.overhead);
    console.log(
      `${engine.name}: job from claim to done p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms; ` +
        `${(p50 / target.overhead).toFixed(2)} of the limit of ${target.overhead} ms`,
    );
    console.log(
      `${engine.name}: queued to done p50 ${jobs.queuedToDone.p50.toFixed(2)} ms, ${round(jobs.perSecond)} jobs/s; ` +
        `one caller alone, claim to done p50 ${jobs.alone.toFixed(2)} ms`,
    );
    const load = { before: loadBefore, after: loadavg()[0] ?? 0 };
    console.log(`load of the machine ${load.before.toFixed(1)} to ${load.after.toFixed(1)}`);
    return { engine: engine.name, load, append, shared10, shared500, runs, jobs };
  } finally {
    await engine.close();
  }
}

function printRate(
  engine: Engine,
  what: string,
  { perSecond, syncsPerSecond }: { perSecond: number; syncsPerSecond: number },
  target: number | undefined,
): void {
  judge(target === undefined || perSecond >= target);
  const against =
    target === undefined ? '' : `; ${(perSecond / target).toFixed(2)} of the target of ${target}`;
  console.log(
    `${engine.name}: ${round(perSecond)} ${what} a second, ${round(syncsPerSecond)} fsyncs/s${against}`,
  );
}

function judge(met: boolean): void {
  if (!met) process.exitCode = 1;
}

async function save(): Promise<void> {
  const folder = join(import.meta.dirname, 'results');
  await mkdir(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const document = { date, machine, concurrency: 16, seconds, targets, measured };
  await writeFile(join(folder, `${date}.json`), `${JSON.stringify(document, null, 2)}\n`);
}

function round(value: number): string {
  return Math.round(value).toLocaleString('en');
}
