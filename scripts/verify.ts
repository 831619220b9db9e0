import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Every static check; all run even when one fails, so that one look shows everything. Two at a time: most use one processor. */
const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['types', 'tsc', '--noEmit'],
  ['dead exports', 'knip'],
  ['format and lint', 'biome', 'check', '.'],
  ['generated reference', 'node', 'scripts/generate-reference.ts', '--check'],
  ['architecture', 'node', 'architecture/check.ts'],
];

const waiting = [...checks];
let failed = 0;
await Promise.all([runChecks(), runChecks()]);
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runChecks(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const [name, command, ...args] = check;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    for (const channel of [child.stdout, child.stderr])
      channel.on('data', (part: Buffer) => void said.push(part));
    const [code] = await once(child, 'close');
    process.stdout.write(Buffer.concat(said));
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`);
    if (code !== 0) failed++;
  }
}
