import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeIdentityGraph } from '../identity-graph.fixture.ts';
import { trainGraph } from '../model-server.fixture.ts';
import { readGraph, unread } from './read-graph.ts';
import { readGraphApart } from './read-graph-apart.ts';

/** The graph with an unknown field behind it that makes it so large. */
function padded(graph: Uint8Array, bytes: number): Uint8Array {
  const [low, middle, high, top] = [0, 7, 14, 21].map((shift) => (bytes >>> shift) & 0x7f);
  const head = [0xfa, 0x3f, (low ?? 0) | 0x80, (middle ?? 0) | 0x80, (high ?? 0) | 0x80, top ?? 0];
  return Buffer.concat([graph, Buffer.from(head), Buffer.alloc(bytes)]);
}

test('a large graph is read in another thread as a small one is in this', async () => {
  const graph = trainGraph(5);
  const here = readGraph(graph, true);
  assert.ok(here.model !== undefined && here.values.numbers.length > 0);
  assert.deepEqual(await readGraphApart(graph, true), here);
  assert.deepEqual(await readGraphApart(padded(graph, 1024 * 1024), true), here);
  assert.deepEqual(await readGraphApart(padded(graph, 1024 * 1024), false), { ...here, model: undefined });
});

test('what is no graph, and one too large to be handed over, is left to the runtime', async () => {
  assert.deepEqual(await readGraphApart(Buffer.from('no graph'), true), unread);
  assert.deepEqual(await readGraphApart(Buffer.alloc(1024 * 1024, 0xff), true), unread);
  const { onnx } = makeIdentityGraph([{ name: 'a', datatype: 'FP32' }]);
  assert.deepEqual(await readGraphApart(padded(onnx, 33 * 1024 * 1024), true), unread);
});
