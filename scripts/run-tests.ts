import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

/**
 * Runs every test that npm alone can run. Arguments narrow the files: `npm test -- packages/ml`. Two test files at a
 * time: the suites start servers and trainers of their own.
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
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...files], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
