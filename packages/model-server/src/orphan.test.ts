import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { infer, makeEndpoint, makeServerDirectory, matrix } from './model-server.fixture.ts';

const files = makeServerDirectory();
after(() => files.remove());

test('a model server whose parent died goes on for its grace, and ends in order then', async () => {
  files.write([makeEndpoint(files.addVersion(1, 5))]);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      ESTEIRA_CHILD: '1',
      ESTEIRA_ORPHAN_GRACE_MS: '500',
      ESTEIRA_LOG_LEVEL: 'silent',
      ESTEIRA_MODEL_SERVER_DIR: files.directory,
      ESTEIRA_SERVING_PORT: '0',
    },
  });
  const ended = once(child, 'exit');
  const words = createInterface({ input: child.stdout });
  const [line] = (await once(words, 'line')) as [string];
  const { httpUrl } = JSON.parse(line) as { httpUrl: string };
  assert.equal((await infer(httpUrl, matrix([[1, 2, 3]]))).status, 200);
  assert.ok(existsSync(join(files.directory, 'server.json')));
  // What the death of the parent does to it.
  child.stdin.destroy();
  assert.deepEqual(await ended, [0, null]);
  assert.ok(!existsSync(join(files.directory, 'server.json')));
});
