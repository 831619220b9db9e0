import { spawnSync } from 'node:child_process';

/** Every static check, one after the other; all run even when one fails, so that one look shows everything. */
const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['types', 'tsc', '--noEmit'],
  ['format and lint', 'biome', 'check', '.'],
  ['architecture', 'node', 'architecture/check.ts'],
  ['dead exports', 'knip'],
  ['generated reference', 'node', 'scripts/generate-reference.ts', '--check'],
];

let failed = 0;
for (const [name, command, ...args] of checks) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  if (status !== 0) failed++;
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
