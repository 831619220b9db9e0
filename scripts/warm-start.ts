import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Bundles the program, then starts the server once and ends it, so that compiled code lies in the cache before somebody waits
 * for a start. Runs after `npm ci`; that it fails matters to nobody but the next starts, which take a second or two longer.
 */
const root = resolve(import.meta.dirname, '..');
await import('./bundle/bundle-program.ts')
  .then(({ bundleProgram }) =>
    bundleProgram(process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/esteira')),
  )
  .catch(() => {});
const folder = mkdtempSync(join(tmpdir(), 'esteira-warm-'));
const ports = ['--port', '0', '--serving-port', '0', '--serving-grpc-port', '0'];
const child = spawn(
  join(root, 'packages/cli/bin/esteira'),
  ['serve', '--json', '--log-level', 'silent', '--data-dir', join(folder, 'data'), ...ports],
  { stdio: ['ignore', 'pipe', 'ignore'] },
);
const patience = setTimeout(() => child.kill('SIGKILL'), 60_000);
child.stdout.once('data', () => child.kill('SIGTERM'));
child.once('error', clear);
child.once('exit', clear);

function clear(): void {
  clearTimeout(patience);
  rmSync(folder, { recursive: true, force: true });
}
