import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ModelSignature } from '@esteira/contracts';
import { pythonFile } from '../model-server.fixture.ts';
import type { Tensor } from '../protocol/tensor.ts';
import { preparePythonEnvironment } from './python-environment.ts';
import { type PythonProcess, startPythonProcess } from './python-process.ts';
import { createPythonRunner } from './python-runner.ts';
import { defaultPythonLimits } from './python-sandbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-python-runner-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const outputs: ModelSignature['outputs'] = [{ name: 'y', datatype: 'FP64', shape: [-1] }];
const signature: ModelSignature = {
  task: 'regression',
  inputs: [{ name: 'x', datatype: 'FP64', shape: [-1] }],
  outputs,
  features: [{ name: 'x', type: 'number', input: 'x', index: 0, missing: false }],
  label: null,
  score: { output: 'y', column: 0 },
  classes: [],
  operators: [],
  python: pythonFile,
};

test('code that never ends on made-up rows is ended, and a new process answers what it is asked', async () => {
  const { signal } = new AbortController();
  const { start, started } = await prepareEndless(signal);
  const runner = await createPythonRunner(start, signature, 1, { signal, patienceMs: 300 });
  try {
    assert.deepEqual(
      started.map((one) => one.ended()),
      [true, false],
    );
    const x: Tensor = { name: 'x', datatype: 'FP64', shape: [1], data: Float64Array.of(123_456.5) };
    const answer = await runner.run({ rows: 1, feeds: new Map([['x', x]]) }, 'endless', 60_000);
    assert.deepEqual([...(answer.get('y')?.data ?? [])], [246_913]);
  } finally {
    await runner.close();
    for (const one of started) await one.gone;
  }
});

test('a server that stops does not wait for such code, and leaves no process behind', async () => {
  const stopping = new AbortController();
  const { start, started } = await prepareEndless(stopping.signal);
  const first = await start();
  const runner = createPythonRunner(() => (first.ended() ? start() : Promise.resolve(first)), signature, 1, {
    signal: stopping.signal,
  });
  stopping.abort(new Error('The server stops.'));
  await assert.rejects(runner);
  await first.gone;
  assert.ok(started.every((one) => one.ended()));
});

/** A model that goes round for ever unless it is asked for one number. */
async function prepareEndless(
  signal: AbortSignal,
): Promise<{ readonly start: () => Promise<PythonProcess>; readonly started: PythonProcess[] }> {
  const environment = await preparePythonEnvironment(
    { directory: join(folder, 'environments'), host: process.env, timeoutMs: 120_000, signal },
    { version: undefined, requirements: [] },
  );
  const model = join(folder, 'model');
  mkdirSync(model, { recursive: true });
  const path = join(model, 'model.py');
  writeFileSync(
    path,
    `def predict(columns):
    while columns["x"][0] != 123456.5:
        pass
    return [2 * x for x in columns["x"]]
`,
  );
  const started: PythonProcess[] = [];
  const start = async (): Promise<PythonProcess> => {
    const one = await startPythonProcess({
      environment,
      model: { kind: 'file', form: 'columns', dates: [] },
      folder: model,
      path,
      signature: { outputs },
      limits: { ...defaultPythonLimits, memoryBytes: 1024 ** 3 },
      sandboxed: true,
      loadMs: 60_000,
      maximumAnswerBytes: 1024 * 1024,
      onOutput: () => {},
      signal,
    });
    started.push(one);
    return one;
  };
  return { start, started };
}
