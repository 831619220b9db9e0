import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { infer, makeEndpoint, makeServerDirectory, matrix, spawnServer } from '../model-server.fixture.ts';
import { createModelResidence, type ResidentModel } from './model-residence.ts';

const mebibyte = 2 ** 20;

/** A model that holds what it says, and tells how often it came and went. */
function holding(name: string, bytes: number) {
  const seen = { loads: 0, closed: 0 };
  const model: ResidentModel = {
    name,
    bytes,
    async load() {
      seen.loads += 1;
      return {
        coldMs: 0,
        engine: 'compiled',
        run: () => new Map(),
        runAndKill: () => Promise.reject(new Error(name)),
        waiting: () => 0,
        memoryBytes: () => 0,
        async close() {
          seen.closed += 1;
        },
      };
    },
  };
  return { model, seen };
}

describe('models that share a limit of memory', () => {
  const batch = { rows: 1, feeds: new Map() };

  it('make room for another by sending away who was not asked for longest', async () => {
    let now = 0;
    const residence = createModelResidence({ memoryBytes: 10 * mebibyte, idleMs: undefined }, () => now);
    const [first, second, third] = ['first', 'second', 'third'].map((name) => holding(name, 4 * mebibyte));
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const early = await residence.keep(first.model);
    await residence.keep(second.model);
    now = 60_000;
    early.run(batch, 'first', 100);
    now = 60_001;
    await residence.keep(third.model);
    assert.deepEqual([first.seen.closed, second.seen.closed], [0, 1]);
    assert.equal(residence.memoryBytes(), 8 * mebibyte);
    residence.close();
  });

  it('are refused where others that are asked hold too much, and the refusal says how much', async () => {
    const residence = createModelResidence({ memoryBytes: 5 * mebibyte, idleMs: undefined }, () => 0);
    const small = holding('small', 4 * mebibyte);
    await residence.keep(small.model);
    await assert.rejects(residence.keep(holding('large', 2 * mebibyte).model), {
      code: 'MODEL_MEMORY_FULL',
      details: { model: 'large', needed: 2, held: 4, limit: 5, retryAfterSeconds: 5 },
    });
    assert.deepEqual([small.seen.closed, residence.memoryBytes()], [0, 4 * mebibyte]);
    residence.close();
  });

  it('that were sent away come back once for all who ask at the same time', async () => {
    let now = 0;
    const residence = createModelResidence({ memoryBytes: 5 * mebibyte, idleMs: undefined }, () => now);
    const away = holding('away', 4 * mebibyte);
    const other = holding('other', 4 * mebibyte);
    const runner = await residence.keep(away.model);
    now = 60_000;
    await residence.keep(other.model);
    assert.deepEqual([away.seen.closed, runner.memoryBytes()], [1, 0]);
    now = 120_000;
    await Promise.all([runner.run(batch, 'away', 100), runner.run(batch, 'away', 100)]);
    assert.deepEqual([away.seen.loads, other.seen.closed], [2, 1]);
    residence.close();
  });
});

describe('a model that nobody asks', () => {
  const files = makeServerDirectory();
  let server: Awaited<ReturnType<typeof spawnServer>>;
  before(async () => {
    files.write([makeEndpoint(files.addVersion(1, 5))]);
    server = await spawnServer(
      files.directory,
      'export ESTEIRA_MODEL_IDLE_SECONDS=1 ESTEIRA_METRICS_TOKEN=scrape',
    );
  });
  after(async () => {
    server.process.kill();
    await server.ended;
    files.remove();
  });

  async function held(): Promise<number> {
    const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: 'Bearer scrape' } });
    const [, bytes] = /^esteira_model_memory_bytes\{.*\} (\d+)$/m.exec(await answer.text()) ?? [];
    return Number(bytes);
  }

  it('leaves the memory, and the first question after that waits and is answered', async () => {
    assert.equal((await infer(server.url, matrix([[6, 1, 1]]))).status, 200);
    while ((await held()) > 0) await pause(100);
    const answer = await infer(server.url, matrix([[6, 1, 1]]));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.body.outputs?.[0]?.data, [1]);
    assert.ok((await held()) > 0);
  });
});
