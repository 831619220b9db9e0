import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ComputeError, openComputeWorker } from './compute-worker.ts';

let directory: string;
let module: URL;

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'compute-worker-'));
  const path = join(directory, 'worker.ts');
  const server = new URL('./serve-compute-worker.ts', import.meta.url).href;
  writeFileSync(
    path,
    `import { serveComputeWorker } from '${server}';
     let calls = 0;
     serveComputeWorker({
       double: (input) => ({ result: (input as number) * 2 }),
       count: () => ({ result: ++calls }),
       report: (_input, report) => { report(0.5, 'half'); return { result: null }; },
       fail: () => { throw Object.assign(new Error('one class'), { code: 'LABELS_ONE_CLASS' }); },
       hang: () => new Promise(() => {}),
       take: (input) => { const buffer = (input as Float64Array).buffer as ArrayBuffer; return { result: new Float64Array(buffer), transfer: [buffer] }; },
     });`,
  );
  module = pathToFileURL(path);
});

after(() => rmSync(directory, { recursive: true }));

test('a call resolves with the result of its task, and the thread keeps state between calls', async () => {
  const worker = openComputeWorker(module);
  assert.equal(await worker.call('double', 21), 42);
  assert.equal(await worker.call('count', null), 1);
  assert.equal(await worker.call('count', null), 2);
  await worker.close();
});

test('columns change hands both ways without being copied', async () => {
  const worker = openComputeWorker(module);
  const values = Float64Array.of(1, 2, 3);
  const back = await worker.call<Float64Array>('take', values, { handOver: true });
  assert.equal(values.length, 0);
  assert.deepEqual([...back], [1, 2, 3]);
  await worker.close();
});

test('what is not handed over stays with the caller', async () => {
  const worker = openComputeWorker(module);
  const values = Float64Array.of(1, 2, 3);
  await worker.call<Float64Array>('take', values);
  assert.deepEqual([...values], [1, 2, 3]);
  await worker.close();
});

test('progress reaches the caller before the result', async () => {
  const worker = openComputeWorker(module);
  const seen: string[] = [];
  await worker.call('report', null, { onProgress: (share, message) => seen.push(`${share} ${message}`) });
  assert.deepEqual(seen, ['0.5 half']);
  await worker.close();
});

test('an error keeps its code and leaves the thread usable', async () => {
  const worker = openComputeWorker(module);
  await assert.rejects(
    worker.call('fail', null),
    (error) => error instanceof ComputeError && error.code === 'LABELS_ONE_CLASS',
  );
  assert.equal(await worker.call('double', 2), 4);
  await worker.close();
});

test('aborting ends a call that would never return, and later calls are refused', async () => {
  const controller = new AbortController();
  const worker = openComputeWorker(module, controller.signal);
  const hanging = worker.call('hang', null);
  controller.abort();
  await assert.rejects(hanging, /aborted/);
  await assert.rejects(worker.call('double', 2), /aborted/);
});
