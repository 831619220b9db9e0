import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Bundles the program, then starts the server and a model server once and ends them, so that compiled code lies in the cache
 * before somebody waits for a start. Runs after `npm ci`; that it fails matters to nobody but the next starts, which take a
 * second or two longer.
 */
const root = resolve(import.meta.dirname, '..');
const place = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/esteira');
await import('./bundle/bundle-program.ts').then(({ bundleProgram }) => bundleProgram(place)).catch(() => {});
const folder = mkdtempSync(join(tmpdir(), 'esteira-warm-'));
const ports = ['--port', '0', '--serving-port', '0', '--serving-grpc-port', '0'];
await startOnce(join(root, 'packages/cli/bin/esteira'), [
  ...['serve', '--json', '--log-level', 'silent', '--data-dir', join(folder, 'data')],
  ...ports,
]);
await startOnce(process.execPath, [join(root, 'packages/model-server/src/main.ts')], {
  NODE_COMPILE_CACHE: place,
  ESTEIRA_MODEL_SERVER_DIR: join(folder, 'model-server'),
  ESTEIRA_SERVING_PORT: '0',
  ESTEIRA_LOG_LEVEL: 'silent',
});
rmSync(folder, { recursive: true, force: true });

/** Until it has said where it listens; resolves when it is gone. */
async function startOnce(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const child = spawn(program, words, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const patience = setTimeout(() => child.kill('SIGKILL'), 60_000);
  child.stdout.once('data', () => child.kill('SIGTERM'));
  await new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  clearTimeout(patience);
}
