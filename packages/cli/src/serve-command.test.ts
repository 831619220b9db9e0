import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { esteira, runCommand } from './esteira-command.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-serve-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const freePorts = ['--port', '0', '--serving-port', '0', '--serving-grpc-port', '0'];

test('the process that was started is the server, and SIGTERM ends it with 0', async () => {
  const token = 'a-token-of-more-than-32-characters-for-tests';
  const dataDir = join(folder, 'data');
  const child = spawn(
    esteira,
    ['serve', '--json', '--log-level', 'silent', '--data-dir', dataDir, ...freePorts],
    {
      env: { PATH: '/usr/bin:/bin', ESTEIRA_BOOTSTRAP_TOKEN: token },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const line = await new Promise<string>((resolve) =>
      createInterface({ input: child.stdout }).once('line', resolve),
    );
    const started = JSON.parse(line) as { pid: number; url: string; dataDir: string };
    // Whoever supervises the launcher supervises the server: no process stands between them.
    assert.equal(started.pid, child.pid);
    const health = await fetch(`${started.url}/health`);
    assert.equal(health.status, 200);
    const environment = { ESTEIRA_URL: started.url, ESTEIRA_TOKEN: token };
    assert.equal((await runCommand(esteira, ['whoami'], { environment })).code, 0);
    const second = await runCommand(esteira, ['serve', '--json', '--data-dir', dataDir, ...freePorts]);
    assert.equal(second.code, 1);
    assert.equal((JSON.parse(second.stderr) as { error: { code: string } }).error.code, 'STORAGE_BUSY');
  } finally {
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  }
});

test('a first start that nobody watches leaves the sign-in link in a file, not in the output', async () => {
  const dataDir = join(folder, 'unwatched');
  const child = spawn(esteira, ['serve', '--log-level', 'silent', '--data-dir', dataDir, ...freePorts], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (lines.length === 2) break;
    }
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  assert.doesNotMatch(lines.join('\n'), /esl_/);
  const path = /sign-in link is in (.+)$/.exec(lines[1] ?? '')?.[1] ?? '';
  assert.match(readFileSync(path, 'utf8'), /esl_/);
});

test('what the configuration does not allow is refused before anything listens', async () => {
  const short = await runCommand(
    esteira,
    ['serve', '--json', '--data-dir', join(folder, 'x'), ...freePorts],
    {
      environment: { ESTEIRA_BOOTSTRAP_TOKEN: 'short' },
    },
  );
  assert.equal(short.code, 1);
  const { error } = JSON.parse(short.stderr) as { error: { code: string; what: string } };
  assert.equal(error.code, 'BAD_CONFIG');
  assert.doesNotMatch(error.what, /short/);
  const open = await runCommand(esteira, [
    'serve',
    '--json',
    '--host',
    '0.0.0.0',
    '--data-dir',
    join(folder, 'y'),
    ...freePorts,
  ]);
  assert.equal((JSON.parse(open.stderr) as { error: { code: string } }).error.code, 'EXPOSED_WITHOUT_TLS');
});
