import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { infer, makeEndpoint, makeServerDirectory, matrix, spawnServer } from '../model-server.fixture.ts';
import { isAlive } from './is-alive.ts';

describe('several processes on one port', { skip: process.platform !== 'linux' }, () => {
  const files = makeServerDirectory();
  let server: Awaited<ReturnType<typeof spawnServer>>;

  before(async () => {
    files.write([makeEndpoint(files.addVersion(1, 5))]);
    server = await spawnServer(
      files.directory,
      'export ESTEIRA_SERVING_PROCESSES=2 ESTEIRA_METRICS_TOKEN=scrape',
    );
    await until(() => existsSync(markerOf(1)));
  });
  after(async () => {
    server.process.kill('SIGTERM');
    await server.ended;
    files.remove();
  });

  function markerOf(number: number): string {
    return join(files.directory, number === 0 ? '.' : `processes/${number}`, 'server.json');
  }

  function pidOf(number: number): number {
    return (JSON.parse(readFileSync(markerOf(number), 'utf8')) as { pid: number }).pid;
  }

  function logged(number: number): Set<string> {
    const spool = join(files.directory, number === 0 ? '.' : `processes/${number}`, 'spool');
    const lines = readdirSync(spool)
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(join(spool, name), 'utf8').split('\n').slice(0, -1));
    return new Set(lines.map((line) => (JSON.parse(line) as { p: string }).p));
  }

  it('answers from all of them, and each logs what it answered', async () => {
    const answered = new Set<string>();
    for (let tries = 0; tries < 200 && !(logged(0).size > 0 && logged(1).size > 0); tries++) {
      const answer = await ask();
      answered.add(`${answer.body.parameters?.prediction_id}-0`);
    }
    const all = [...logged(0), ...logged(1)];
    assert.ok(logged(0).size > 0 && logged(1).size > 0);
    assert.deepEqual(all.sort(), [...answered].sort());
  });

  it('adds their statistics up, whichever of them is asked', async () => {
    for (let tries = 0; tries < 6; tries++) {
      const answer = await fetch(`${server.url}/v2/models/late-flights/stats`, {
        headers: { authorization: 'Bearer secret', connection: 'close' },
      });
      const { model_stats } = (await answer.json()) as { model_stats: { inference_count: number }[] };
      assert.equal(model_stats[0]?.inference_count, logged(0).size + logged(1).size);
    }
  });

  it('adds their metrics up on every one of them', async () => {
    const answer = await fetch(`${server.url}/metrics`, {
      headers: { authorization: 'Bearer scrape', connection: 'close' },
    });
    const rows = [
      ...(await answer.text()).matchAll(/^esteira_inference_rows_total\{process="(\d)".*\} (\d+)$/gm),
    ];
    assert.deepEqual(rows.map(([, process]) => process).sort(), ['0', '1']);
    assert.equal(
      rows.reduce((sum, [, , value]) => sum + Number(value), 0),
      logged(0).size + logged(1).size,
    );
  });

  it('goes on when one is killed, which comes back and has kept its log', async () => {
    for (const number of [1, 0]) {
      const before = logged(number);
      const pid = pidOf(number);
      process.kill(pid, 'SIGKILL');
      await until(() => !isAlive(pid));
      for (let request = 0; request < 5; request++) assert.equal((await ask()).status, 200);
      await until(() => pidOf(number) !== pid);
      assert.equal((await ask()).status, 200);
      const now = logged(number);
      assert.deepEqual(
        [...before].filter((id) => !now.has(id)),
        [],
      );
    }
  });

  /** Each on a connection of its own, which the kernel deals out. */
  async function ask() {
    return await infer(server.url, matrix([[1, 2, 3]]), { headers: { connection: 'close' } });
  }
});

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 6_000; tries++) {
    if (condition()) return;
    await pause(50);
  }
  throw new Error('It did not come to that.');
}
