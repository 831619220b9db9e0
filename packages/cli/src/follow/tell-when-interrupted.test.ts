import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

const file = new URL('./tell-when-interrupted.ts', import.meta.url).href;
/** Says that it is at work, and is at it for ever. */
const script = `
import { tellWhenInterrupted } from ${JSON.stringify(file)};
const context = { output: () => ({ progress: (text) => console.error(text) }) };
await tellWhenInterrupted(context, 'before', async () => {});
await tellWhenInterrupted(context, 'it goes on', async () => {
  console.log('at work');
  await new Promise(() => setInterval(() => {}, 1_000));
});`;

test('Ctrl-C tells what goes on without the command, and ends it as ever', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  let told = '';
  child.stderr.on('data', (chunk) => {
    told += chunk;
  });
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  const [code, signal] = await once(child, 'close');
  assert.deepEqual([code, signal], [null, 'SIGINT']);
  assert.match(told, /it goes on/);
  assert.doesNotMatch(told, /before/);
});
