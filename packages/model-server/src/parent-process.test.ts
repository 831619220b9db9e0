import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

function startChild() {
  return spawn(process.execPath, [join(import.meta.dirname, 'hanging-stop.child.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

test('a process that hangs in its stop ends all the same, whether it was told to or its parent is gone', async () => {
  const told = startChild();
  await once(told.stdout, 'data');
  told.kill('SIGTERM');
  assert.deepEqual(await once(told, 'exit'), [1, null]);
  const orphan = startChild();
  await once(orphan.stdout, 'data');
  orphan.stdin.destroy();
  assert.deepEqual(await once(orphan, 'exit'), [1, null]);
});
