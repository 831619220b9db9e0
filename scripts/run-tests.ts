import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { sortTestFiles } from './sort-test-files.ts';
import { startTestPostgres } from './start-test-postgres.ts';

/**
 * Runs every test that this machine can run: all on SQLite, then those that use a store once more on PostgreSQL, that of
 * ESTEIRA_TEST_POSTGRES_URL (its user may create databases) or the system's own, started for the run. Arguments narrow the
 * files: `npm test -- packages/ml`. Two test files at a time: the suites start servers and trainers of their own.
 */
const places = process.argv.slice(2);
const patterns = (places.length > 0 ? places : ['packages', 'examples', 'architecture', 'scripts']).map(
  (place) => (place.endsWith('.ts') ? place : `${place}/**/*.test.ts`),
);
const files = globSync(patterns, { exclude: (name) => name.includes('node_modules') });
if (files.length === 0) {
  console.error(`no test files below ${places.join(', ')}`);
  process.exit(1);
}
const sorted = sortTestFiles(files);
const notRun: string[] = [];
let passed = runFiles(sorted.plain, {});
passed = (await runOnPostgres([...sorted.stores, ...sorted.postgres])) && passed;
for (const line of notRun) console.log(`\n########## NOT RUN: ${line} ##########`);
process.exitCode = passed ? 0 : 1;

async function runOnPostgres(wanted: readonly string[]): Promise<boolean> {
  if (wanted.length === 0) return true;
  const given = process.env.ESTEIRA_TEST_POSTGRES_URL;
  const own = given === undefined || given === '' ? await startTestPostgres() : undefined;
  const url = own?.url ?? given;
  if (url === undefined) {
    notRun.push(
      `${wanted.length} test files on PostgreSQL; install it (apt-get install postgresql) or set ESTEIRA_TEST_POSTGRES_URL`,
    );
    // In the checks of a change nothing may be left out.
    return process.env.CI === undefined;
  }
  console.log(`\n── ${wanted.length} test files on PostgreSQL`);
  try {
    return runFiles(wanted, { ESTEIRA_TEST_ENGINE: 'postgres', ESTEIRA_TEST_POSTGRES_URL: url });
  } finally {
    await own?.stop();
  }
}

function runFiles(wanted: readonly string[], environment: Readonly<Record<string, string>>): boolean {
  if (wanted.length === 0) return true;
  const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...wanted], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  return status === 0;
}
