import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A Redis of the test's own, which it may stop, freeze and start again on the same port. Needs `redis-server`. */
export async function startRedisServer(options: { password?: string } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'esteira-redis-'));
  const port = await freePort();
  const secret = options.password === undefined ? '' : `:${options.password}@`;
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    server = spawn(
      'redis-server',
      [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''],
        ...['--appendonly', 'no', '--loglevel', 'warning'],
        ...(options.password === undefined ? [] : ['--requirepass', options.password]),
      ],
      { stdio: 'ignore' },
    );
    const failed = new Promise<never>((_resolve, reject) => {
      server?.once('error', () => reject(new Error('This test needs redis-server.')));
    });
    await Promise.race([answers(port), failed]);
  }

  async function stop(): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
  }

  await start();
  return {
    url: `redis://${secret}127.0.0.1:${port}/0`,
    port,
    start,
    /** Ends it without a word; what it held is lost. */
    stop,
    /** Takes connections and answers nothing. */
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async close() {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A Redis for a test that does not stop it: the one that the tests were given, or one of its own. */
export async function openTestRedis(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const given = process.env.ESTEIRA_TEST_REDIS_URL ?? '';
  return given === '' ? await startRedisServer() : { url: given, async close() {} };
}

async function answers(port: number): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await pause(20);
  }
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
