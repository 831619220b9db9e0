import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openDuckdbTableEngine } from './duckdb/duckdb-table-engine.ts';
import { createLazyTableEngine } from './lazy-table-engine.ts';

const temporaryDirectory = mkdtempSync(join(tmpdir(), 'esteira-lazy-'));
after(() => rmSync(temporaryDirectory, { recursive: true, force: true }));

test('the engine is opened by the first statement, once for all, and again when that failed', async () => {
  let opened = 0;
  const engine = createLazyTableEngine(async () => {
    if (++opened === 1) throw new Error('no room');
    return await openDuckdbTableEngine({ directories: [], temporaryDirectory });
  });
  assert.equal(engine.opened(), undefined);
  await assert.rejects(engine.query('select 1'), /no room/);
  assert.equal(engine.opened(), undefined);
  const answers = await Promise.all([engine.query('select 1 as a'), engine.query('select 2 as a')]);
  assert.deepEqual(answers, [[{ a: 1 }], [{ a: 2 }]]);
  assert.equal(opened, 2);
  await engine.close();
  await assert.rejects(engine.query('select 1'), /closed/);
});

test('an engine that nothing asked is closed without having been opened', async () => {
  const engine = createLazyTableEngine(() => Promise.reject(new Error('opened')));
  await engine.close();
});
