import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { type Engine, openPostgresEngine, openSqliteEngine } from './engines.ts';
import { measureJobOverhead } from './job-overhead.ts';
import { measureMetricAppend } from './metric-append.ts';

const seconds = 10;
/** Batches of ten points per second at least; milliseconds from claim to done at most. */
const targets = {
  SQLite: { append: 5000, overhead: 3 },
  PostgreSQL: { append: 2000, overhead: 6 },
} as const;

const postgresUrl = process.argv[2] ?? process.env.ESTEIRA_BENCH_POSTGRES_URL;
if (postgresUrl === undefined) {
  console.error(
    'Usage: npm run bench:storage -- postgres://user@host:port/database (of a durable server, fsync on)',
  );
  process.exit(2);
}
const measured = [
  await measure(await openSqliteEngine()),
  await measure(await openPostgresEngine(postgresUrl)),
];
print();
await save();

async function measure(engine: Engine) {
  try {
    const append = await measureMetricAppend(engine, seconds);
    const jobs = await measureJobOverhead(engine, seconds);
    return { engine: engine.name, append, jobs };
  } finally {
    await engine.close();
  }
}

function print(): void {
  for (const { engine, append, jobs } of measured) {
    const { append: most, overhead } = targets[engine];
    const syncs = append.syncsPerSecond === undefined ? '' : `, ${round(append.syncsPerSecond)} fsyncs/s`;
    console.log(
      `${engine}: ${round(append.perSecond)} batches of 10 points/s${syncs}; ${ratio(append.perSecond, most)} of the target of ${most}`,
    );
    console.log(
      `${engine}: claim to done p50 ${jobs.claimToDone.p50.toFixed(2)} ms, p99 ${jobs.claimToDone.p99.toFixed(2)} ms; ` +
        `${ratio(jobs.claimToDone.p50, overhead)} of the limit of ${overhead} ms`,
    );
    console.log(
      `${engine}: queued to done p50 ${jobs.queuedToDone.p50.toFixed(2)} ms, ${round(jobs.perSecond)} jobs/s; one caller alone, claim to done p50 ${jobs.alone.toFixed(2)} ms`,
    );
    if (append.perSecond < most || jobs.claimToDone.p50 > overhead) process.exitCode = 1;
  }
}

async function save(): Promise<void> {
  const folder = join(import.meta.dirname, 'results');
  await mkdir(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const machine = {
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    node: process.version,
  };
  const document = { date, machine, concurrency: 16, seconds, targets, measured };
  await writeFile(join(folder, `${date}.json`), `${JSON.stringify(document, null, 2)}\n`);
}

function round(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function ratio(value: number, of: number): string {
  return (value / of).toFixed(2);
}
