import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { infer, makeEndpoint, makeServerDirectory, matrix } from '../model-server.fixture.ts';
import { serveFleet } from './serve-fleet.ts';

const patienceMs = 5 * 60_000;

test('one process becomes two and one again under requests, and every answer is given and logged', {
  skip: process.platform !== 'linux',
}, async () => {
  const files = makeServerDirectory();
  files.write([makeEndpoint(files.addVersion(1, 5))]);
  let wanted = 1;
  const fleet = await serveFleet(
    {
      directory: files.directory,
      host: '127.0.0.1',
      port: 0,
      grpcPort: undefined,
      least: 1,
      scaling: {
        judge: ({ length }) => (length < wanted ? 'grow' : length > wanted ? 'shrink' : 'stay'),
      },
      environment: { ...process.env, ESTEIRA_LOG_LEVEL: 'silent', ESTEIRA_DRAIN_SECONDS: '2' },
    },
    { info() {}, warn() {} },
  );
  const first = join(files.directory, 'spool');
  const second = join(files.directory, 'processes', '1');
  const marker = join(second, 'server.json');
  const refused: string[] = [];
  let answered = 0;

  async function ask(headers: Readonly<Record<string, string>>): Promise<void> {
    const { status, text } = await infer(fleet.address.httpUrl, matrix([[1, 2, 3]]), { headers });
    if (status === 200) answered += 1;
    else refused.push(text);
  }

  /** Asks until it has come to that; not for ever, and not when one was refused. */
  async function askUntil(
    reached: () => boolean,
    pauseMs: number,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const until = performance.now() + patienceMs;
    while (!reached() && refused.length === 0 && performance.now() < until) {
      await ask(headers);
      await pause(pauseMs);
    }
    assert.deepEqual(refused, []);
    assert.ok(reached());
  }

  try {
    wanted = 2;
    // Each on a connection of its own, so that the kernel deals them out.
    await askUntil(() => existsSync(marker) && linesIn(join(second, 'spool')) > 0, 10, {
      connection: 'close',
    });
    const { pid } = JSON.parse(readFileSync(marker, 'utf8')) as { pid: number };
    wanted = 1;
    // On connections that stay, as long as their server does.
    await askUntil(() => !existsSync(`/proc/${pid}`), 100, {});
    await ask({});
  } finally {
    await fleet.stop();
  }
  assert.deepEqual(refused, []);
  assert.equal(linesIn(first) + linesIn(join(second, 'spool')), answered);
  files.remove();
});

function linesIn(spool: string): number {
  return readdirSync(spool)
    .filter((name) => name.endsWith('.ndjson'))
    .reduce((sum, name) => sum + readFileSync(join(spool, name), 'utf8').split('\n').length - 1, 0);
}
