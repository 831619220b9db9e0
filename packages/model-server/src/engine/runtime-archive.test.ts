import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { signature, trainGraph } from '../model-server.fixture.ts';
import type { Tensor } from '../protocol/tensor.ts';
import type { RuntimeAnswers } from './ask-runtime.ts';
import { createModelRunner } from './model-runner.ts';
import { openRuntimeArchive, type RuntimeArchive } from './runtime-archive.ts';

const rows: readonly Tensor[] = [
  { name: 'X', shape: [2, 1], datatype: 'FP32', data: Float32Array.of(1, Number.NaN) },
  { name: 'carrier', shape: [2, 1], datatype: 'BYTES', data: ['G3', 'ã'] },
];
const asked = { digest: 'sha256:1', rows };
const answers: RuntimeAnswers = {
  outputs: [{ name: 'label', shape: [2], datatype: 'INT64', data: BigInt64Array.of(0n, 1n) }],
  joinable: true,
  batchMs: new Map([[1, 0.5]]),
};

describe('what the runtime answered', () => {
  let directory = '';
  let archive: RuntimeArchive;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'runtime-archive-'));
    archive = openRuntimeArchive(directory);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is found again by another process, for the same graph and the same rows alone', async () => {
    await archive.keep(asked, answers);
    const other = openRuntimeArchive(directory);
    assert.deepEqual(await other.find(asked), answers);
    assert.equal(await other.find({ ...asked, digest: 'sha256:2' }), undefined);
    assert.equal(await other.find({ ...asked, rows: rows.slice(0, 1) }), undefined);
  });

  it('is asked again when its file is not whole', async () => {
    await archive.keep(asked, answers);
    truncateSync(join(directory, readdirSync(directory)[0] ?? ''), 10);
    assert.equal(await archive.find(asked), undefined);
  });

  it('is kept of so many graphs and no more', async () => {
    for (let number = 0; number < 70; number++)
      await archive.keep({ ...asked, digest: String(number) }, answers);
    assert.equal(readdirSync(directory).length, 64);
  });

  it('is what our own evaluator is held against at every start', async () => {
    const graph = trainGraph(5);
    const known = { digest: 'sha256:3', archive };
    const first = await createModelRunner(graph, signature, known);
    await first.close();
    assert.equal(first.engine, 'compiled');
    const again = await createModelRunner(graph, signature, known);
    await again.close();
    assert.equal(again.engine, 'compiled');
    // What another runtime would have said.
    const outputs = (found: RuntimeAnswers) =>
      found.outputs.map((tensor) =>
        tensor.datatype === 'FP32' ? { ...tensor, data: tensor.data.map((p) => 1 - p) } : tensor,
      );
    const changed: RuntimeArchive = {
      ...archive,
      async find(graphAndRows) {
        const found = await archive.find(graphAndRows);
        return found && { ...found, outputs: outputs(found) };
      },
    };
    const held = await createModelRunner(graph, signature, { ...known, archive: changed });
    await held.close();
    assert.equal(held.engine, 'runtime');
  });
});
