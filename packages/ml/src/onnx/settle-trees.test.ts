import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainGradientBoosting } from '../trainers/index.ts';
import { compileOnnx } from './compile-onnx.ts';
import { exportOnnx } from './export-onnx.ts';
import type { OnnxModel } from './onnx-model.ts';
import { readOnnx } from './read-onnx.ts';
import { settleTrees } from './settle-trees.ts';

const rows = 200;
const names = ['a', 'b'];
const columns = names.map((_, feature) =>
  Float32Array.from({ length: rows }, (_value, row) => (row * (7 + 4 * feature)) % 31),
);
const asked = Float32Array.from({ length: 2 * rows }, (_, at) =>
  at % 17 === 0 ? Number.NaN : (columns[at % 2]?.[at >> 1] ?? 0) + 0.5,
);

test('a model whose trees are settled answers as before, in another thread too, and holds no lists of nodes', () => {
  for (const objective of ['regression', 'binary', 'multiclass'] as const) {
    for (const maxLeaves of [8, 100]) {
      const labels = Float64Array.from({ length: rows }, (_, row) => row % (objective === 'binary' ? 2 : 3));
      const { model } = trainGradientBoosting(
        { features: { rows, columns, names }, labels },
        { objective, seed: 1, iterations: 4, maxLeaves, minSamplesLeaf: 1 },
      );
      const whole = readOnnx(exportOnnx({ preprocessing: null, model }));
      const settled = structuredClone(settleTrees(whole));
      assert.deepEqual(answers(settled), answers(whole));
      const lists = settled.graph.nodes.flatMap(({ attributes }) => [...attributes.keys()]);
      assert.deepEqual(lists, ['settled']);
    }
  }
});

test('trees that cannot be evaluated are left as they are, with the reason', () => {
  const { model } = trainGradientBoosting(
    { features: { rows, columns, names }, labels: Float64Array.from({ length: rows }, (_, row) => row % 2) },
    { objective: 'binary', seed: 1, iterations: 2 },
  );
  const whole = readOnnx(exportOnnx({ preprocessing: null, model }));
  const nodes = whole.graph.nodes.map((node) => ({ ...node, attributes: new Map() }));
  const broken: OnnxModel = { ...whole, graph: { ...whole.graph, nodes } };
  assert.deepEqual(compileOnnx(settleTrees(broken)), compileOnnx(broken));
  assert.ok('unsupported' in compileOnnx(broken));
});

function answers(model: OnnxModel) {
  const compiled = compileOnnx(model);
  if ('unsupported' in compiled) return assert.fail(compiled.unsupported);
  return compiled.run({ X: { type: 'float32', dims: [rows, 2], data: asked } });
}
