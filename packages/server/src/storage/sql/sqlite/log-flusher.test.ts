import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createLogFlusher } from './log-flusher.ts';

it('callers during a flush share the next one, and a log that cannot be opened is told to each', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-flush-'));
  const flusher = createLogFlusher(join(folder, 'house.db'));
  await assert.rejects(flusher.flush(), { code: 'ENOENT' });
  writeFileSync(join(folder, 'house.db-wal'), 'frames');
  const first = flusher.flush();
  const [second, third] = [flusher.flush(), flusher.flush()];
  assert.notEqual(first, second);
  assert.equal(second, third);
  await Promise.all([first, second, third]);
  await flusher.flush();
  flusher.close();
  rmSync(folder, { recursive: true });
});
