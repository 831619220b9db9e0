import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import {
  findPostgres,
  startPostgres,
} from '../packages/server/src/storage/sql/postgres/start-postgres.fixture.ts';
import { runTestFiles } from './run-test-files.ts';
import { sortTestFiles } from './sort-test-files.ts';

/**
 * Runs every test that this machine can run: all on SQLite, then those that use a store once more on PostgreSQL, that of
 * ESTEIRA_TEST_POSTGRES_URL (its user may create databases) or the system's own, started for the run. Arguments narrow the
 * files: `npm test -- packages/ml`. One test file more than there are processors at a time, as many wait for a disk, an engine
 * or a browser, but no more than four: the suites start servers and trainers of their own. Small files share a process; the
 * processes load much of the same code, which is compiled once for all of them; the programs that they start run from the
 * bundle that the install has made there, as long as every source is as it was.
 */
const atOnce = Math.min(4, availableParallelism() + 1);
const compiledCode = resolve(import.meta.dirname, '../node_modules/.cache/esteira');
const places = process.argv.slice(2);
const patterns = (places.length > 0 ? places : ['packages', 'examples', 'architecture', 'scripts']).map(
  (place) => (place.endsWith('.ts') ? place : `${place}/**/*.test.ts`),
);
const files = globSync(patterns, { exclude: (name) => name.includes('node_modules') });
if (files.length === 0) {
  console.error(`no test files below ${places.join(', ')}`);
  process.exit(1);
}
const sorted = sortTestFiles(lastingFirst(files));
const notRun: string[] = [];
const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const unsteady: string[] = [];
if (!hasRedis && sorted.redis.length > 0) {
  notRun.push(
    `${sorted.redis.length} test files need Redis; install its server (apt-get install redis-server)`,
  );
}
let passed = await runFiles([...sorted.plain, ...(hasRedis ? sorted.redis : [])], {});
const stores = hasRedis ? sorted.stores : sorted.stores.filter((file) => !sorted.redis.includes(file));
passed = (await runOnPostgres(lastingFirst([...sorted.postgres, ...stores]))) && passed;
passed = (await runOnOwnPostgres(sorted.ownPostgres)) && passed;
if (!process.env.ESTEIRA_TEST_S3_ENDPOINT && files.some((file) => file.includes('/blobs/'))) {
  notRun.push(
    'blobs in object storage; set ESTEIRA_TEST_S3_ENDPOINT, _REGION, _ACCESS_KEY, _SECRET_KEY and _BUCKET',
  );
}
for (const line of notRun) console.log(`\n########## NOT RUN: ${line} ##########`);
for (const file of unsteady)
  console.log(`\n########## UNSTEADY: ${file} failed beside others and passed alone ##########`);
// In the checks of a change nothing may be left out.
if (notRun.length > 0 && process.env.CI !== undefined) passed = false;
process.exitCode = passed ? 0 : 1;

/** What starts whole servers or a browser lasts longest: begun first, the last of it is not waited for alone. */
function lastingFirst(wanted: readonly string[]): readonly string[] {
  const lasts = (file: string): boolean => /^packages\/(cli|ui\/test|model-server\/src\/fleet)\//.test(file);
  return [...wanted.filter(lasts), ...wanted.filter((file) => !lasts(file))];
}

async function runOnPostgres(wanted: readonly string[]): Promise<boolean> {
  if (wanted.length === 0) return true;
  const given = process.env.ESTEIRA_TEST_POSTGRES_URL ?? '';
  if (given === '' && findPostgres() === undefined)
    return leaveOut(wanted, ' or set ESTEIRA_TEST_POSTGRES_URL');
  const own = given === '' ? await startPostgres() : undefined;
  console.log(`\n── ${wanted.length} test files on PostgreSQL`);
  try {
    return await runFiles(wanted, {
      ESTEIRA_TEST_ENGINE: 'postgres',
      ESTEIRA_TEST_POSTGRES_URL: own?.url ?? given,
    });
  } finally {
    await own?.stop();
  }
}

async function runOnOwnPostgres(wanted: readonly string[]): Promise<boolean> {
  if (wanted.length === 0) return true;
  if (findPostgres() === undefined) return leaveOut(wanted, '');
  console.log(`\n── ${wanted.length} test files that stop and start a PostgreSQL of their own`);
  return await runFiles(wanted, {});
}

function leaveOut(wanted: readonly string[], otherwise: string): boolean {
  notRun.push(
    `${wanted.length} test files need PostgreSQL; install its server (apt-get install postgresql)${otherwise}`,
  );
  return true;
}

async function runFiles(
  wanted: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (wanted.length === 0) return true;
  const env = { NODE_COMPILE_CACHE: compiledCode, ...process.env, ...environment };
  const ran = await runTestFiles({ files: wanted, atOnce, env });
  unsteady.push(...ran.unsteady);
  for (const file of ran.failed) console.log(`FAILED ${file}`);
  return ran.failed.length === 0;
}
