import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../kernel/logger.ts';
import { createReadiness, type EngineCheck } from './readiness.ts';

function open(engines: readonly EngineCheck[], timing?: { patience?: number; keep?: number }) {
  const time = { now: 0 };
  const readiness = createReadiness({
    engines,
    logger: silentLogger,
    monotonic: () => time.now,
    ...(timing === undefined ? {} : { timing }),
  });
  return { readiness, time };
}

test('an answer holds for a second, whoever asks, so that probes cannot load the engines', async () => {
  let asked = 0;
  let answers = true;
  const { readiness, time } = open([
    {
      name: 'sql',
      check: async () => {
        asked++;
        if (!answers) throw new Error('away');
      },
    },
  ]);
  const crowd = await Promise.all(Array.from({ length: 50 }, () => readiness.check()));
  assert.deepEqual(new Set(crowd), new Set([true]));
  assert.equal(asked, 1);
  answers = false;
  time.now = 999;
  assert.equal(await readiness.check(), true);
  time.now = 1_000;
  assert.equal(await readiness.check(), false);
  assert.equal(asked, 2);
  answers = true;
  time.now = 2_000;
  assert.equal(await readiness.check(), true);
});

test('one engine that is away is enough, and one that hangs counts as away and is asked once', async () => {
  let asked = 0;
  const hangs = Promise.withResolvers<void>();
  const { readiness } = open(
    [
      { name: 'sql', check: async () => {} },
      {
        name: 'blobs',
        check: () => {
          asked++;
          return hangs.promise;
        },
      },
    ],
    { patience: 5, keep: 0 },
  );
  assert.equal(await readiness.check(), false);
  assert.equal(await readiness.check(), false);
  assert.equal(asked, 1);
  hangs.resolve();
  await hangs.promise;
  assert.equal(await readiness.check(), true);
});

test('a server that is about to end is not ready at once, whatever was said before', async () => {
  const slow = Promise.withResolvers<void>();
  const { readiness } = open([{ name: 'sql', check: () => slow.promise }]);
  const asked = readiness.check();
  readiness.refuse();
  assert.equal(await readiness.check(), false);
  slow.resolve();
  assert.equal(await asked, false);
});
