import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom, type Random } from '../random.ts';
import { compileOnnx } from './compile-onnx.ts';
import { runInOnnxRuntime } from './onnxruntime.fixture.ts';
import { readOnnx } from './read-onnx.ts';
import { type AttributeToWrite, type NodeToWrite, type ValueToWrite, writeOnnx } from './write-onnx.ts';

const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GT', 'BRANCH_GTE'];

test('trees of every comparison answer as in ONNX Runtime, ties and missing values included', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = createRandom(seed);
    const trees = randomTrees(random, 4, 2);
    const node: NodeToWrite = {
      ...{ domain: 'ai.onnx.ml', type: 'TreeEnsembleRegressor', inputs: ['X'], outputs: ['Y'] },
      attributes: {
        n_targets: { int: 2 },
        ...trees.nodes,
        ...trees.leaves('target'),
        base_values: { floats: [0.5, -1] },
        aggregate_function: { text: seed % 2 === 0 ? 'SUM' : 'AVERAGE' },
      },
    };
    await assertSame([node], [{ name: 'Y', type: 'float32', shape: [null, 2] }], rowsOf(random, 60));
  }
});

test('a binary classifier follows the rules of ONNX Runtime, for positive weights and others', async () => {
  for (let seed = 0; seed < 24; seed++) {
    const random = createRandom(seed);
    const trees = randomTrees(random, 3, 1, seed % 2 === 0);
    const node: NodeToWrite = {
      ...{ domain: 'ai.onnx.ml', type: 'TreeEnsembleClassifier', inputs: ['X'], outputs: ['L', 'P'] },
      attributes: {
        classlabels_int64s: { ints: [10, 20] },
        ...trees.nodes,
        ...trees.leaves('class'),
        post_transform: { text: seed % 4 < 2 ? 'NONE' : 'LOGISTIC' },
      },
    };
    await assertSame(
      [node],
      [
        { name: 'P', type: 'float32', shape: [null, 2] },
        { name: 'L', type: 'int64', shape: [null] },
      ],
      rowsOf(random, 40),
    );
  }
});

const POST_TRANSFORMS = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT'];

test('classifiers of three classes answer as in ONNX Runtime', async () => {
  for (let seed = 0; seed < 15; seed++) {
    const random = createRandom(seed);
    const trees = randomTrees(random, 6, 3);
    const node: NodeToWrite = {
      ...{ domain: 'ai.onnx.ml', type: 'TreeEnsembleClassifier', inputs: ['X'], outputs: ['L', 'P'] },
      attributes: {
        classlabels_int64s: { ints: [-1, 0, 1] },
        ...trees.nodes,
        ...trees.leaves('class'),
        base_values: { floats: [0.1, 0.2, 0.3] },
        post_transform: { text: POST_TRANSFORMS[seed % 5] ?? 'NONE' },
      },
    };
    await assertSame(
      [node],
      [
        { name: 'P', type: 'float32', shape: [null, 3] },
        { name: 'L', type: 'int64', shape: [null] },
      ],
      rowsOf(random, 40),
    );
  }
});

const CHAINS: Readonly<
  Record<string, readonly [type: string, attributes: Record<string, AttributeToWrite>, domain?: ''][]>
> = {
  'scaler and imputer': [
    ['Imputer', { imputed_value_floats: { floats: [1, 2, 3] }, replaced_value_float: { float: Number.NaN } }],
    ['Scaler', { offset: { floats: [0.1, 0.2, 0.3] }, scale: { floats: [2, 3, 4] } }],
  ],
  'one value for all columns': [
    ['Imputer', { imputed_value_floats: { floats: [7] }, replaced_value_float: { float: Number.NaN } }],
    ['Scaler', { offset: { floats: [1] }, scale: { floats: [0.5] } }],
  ],
  'L1 norm': [
    ['Imputer', { imputed_value_floats: { floats: [0] }, replaced_value_float: { float: Number.NaN } }],
    ['Normalizer', { norm: { text: 'L1' } }],
  ],
  'L2 norm': [
    ['Imputer', { imputed_value_floats: { floats: [0] }, replaced_value_float: { float: Number.NaN } }],
    ['Normalizer', { norm: { text: 'L2' } }],
  ],
  'max norm': [
    ['Imputer', { imputed_value_floats: { floats: [0] }, replaced_value_float: { float: Number.NaN } }],
    ['Normalizer', { norm: { text: 'MAX' } }],
  ],
  binarizer: [
    ['Imputer', { imputed_value_floats: { floats: [0] }, replaced_value_float: { float: Number.NaN } }],
    ['Binarizer', { threshold: { float: 0.3 } }],
  ],
  'sigmoid and softmax': [
    ['Sigmoid', {}, ''],
    ['Softmax', { axis: { int: 1 } }, ''],
  ],
  'linear regressor': [
    ['LinearRegressor', { coefficients: { floats: [1, -2, 3] }, intercepts: { floats: [0.5] } }],
  ],
};

for (const [name, chain] of Object.entries(CHAINS)) {
  test(`${name}: as in ONNX Runtime`, async () => {
    const nodes = chain.map(
      ([type, attributes, domain], i): NodeToWrite => ({
        ...{ domain: domain ?? 'ai.onnx.ml', type, attributes },
        inputs: [i === 0 ? 'X' : `v${i - 1}`],
        outputs: [i === chain.length - 1 ? 'Y' : `v${i}`],
      }),
    );
    const width = name === 'linear regressor' ? 1 : 3;
    await assertSame(
      nodes,
      [{ name: 'Y', type: 'float32', shape: [null, width] }],
      rowsOf(createRandom(4), 50),
    );
  });
}

test('a linear classifier scores as the formula says, whatever its size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(1000),
      (classes, width, seed) => {
        const random = createRandom(seed);
        const draw = (count: number) => Array.from({ length: count }, () => Math.fround(random.normal()));
        const [coefficients, intercepts, row] = [draw(classes * width), draw(classes), draw(width)];
        const node: NodeToWrite = {
          ...{ domain: 'ai.onnx.ml', type: 'LinearClassifier', inputs: ['X'], outputs: ['L', 'P'] },
          attributes: {
            coefficients: { floats: coefficients },
            intercepts: { floats: intercepts },
            classlabels_ints: { ints: intercepts.map((_, k) => k) },
          },
        };
        const compiled = compileOnnx(
          readOnnx(write([node], [{ name: 'P', type: 'float32', shape: [null, classes] }], width)),
        );
        assert.ok('run' in compiled);
        const { P } = compiled.run({
          X: { type: 'float32', dims: [1, width], data: Float32Array.from(row) },
        });
        for (let k = 0; k < classes; k++) {
          const expected = row.reduce(
            (sum, value, f) => sum + value * (coefficients[k * width + f] ?? 0),
            intercepts[k] ?? 0,
          );
          assert.ok(Math.abs(Number(P?.data?.[k]) - expected) < 1e-5);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('ZipMap is declined with the way out', () => {
  const node: NodeToWrite = {
    domain: 'ai.onnx.ml',
    type: 'ZipMap',
    inputs: ['X'],
    outputs: ['Y'],
    attributes: {},
  };
  const compiled = compileOnnx(readOnnx(write([node], [{ name: 'Y', type: 'float32', shape: [null] }], 3)));
  assert.ok('unsupported' in compiled && compiled.unsupported.includes('"zipmap": False'));
});

test('trees that are no trees are declined', () => {
  const tree = (trueIds: number[]) => ({
    n_targets: { int: 1 },
    nodes_treeids: { ints: [0, 0, 0] },
    nodes_nodeids: { ints: [0, 1, 2] },
    nodes_featureids: { ints: [0, 0, 0] },
    nodes_values: { floats: [0, 0, 0] },
    nodes_modes: { texts: ['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF'] },
    nodes_truenodeids: { ints: trueIds },
    nodes_falsenodeids: { ints: [2, 2, 0] },
    target_treeids: { ints: [0] },
    target_nodeids: { ints: [2] },
    target_ids: { ints: [0] },
    target_weights: { floats: [1] },
  });
  for (const trueIds of [
    [1, 0, 0],
    [1, 9, 0],
  ]) {
    const node: NodeToWrite = {
      domain: 'ai.onnx.ml',
      type: 'TreeEnsembleRegressor',
      inputs: ['X'],
      outputs: ['Y'],
      attributes: tree(trueIds),
    };
    assert.ok(
      'unsupported' in
        compileOnnx(readOnnx(write([node], [{ name: 'Y', type: 'float32', shape: [null, 1] }], 1))),
    );
  }
});

test('wrong feeds are refused with a code', () => {
  const node: NodeToWrite = { domain: '', type: 'Identity', inputs: ['X'], outputs: ['Y'], attributes: {} };
  const compiled = compileOnnx(
    readOnnx(write([node], [{ name: 'Y', type: 'float32', shape: [null, 3] }], 3)),
  );
  assert.ok('run' in compiled);
  const { run } = compiled;
  assert.throws(() => run({}), { code: 'ONNX_INPUT_MISSING' });
  assert.throws(() => run({ X: { type: 'float64', dims: [1, 3], data: new Float64Array(3) } }), {
    code: 'ONNX_INPUT_TYPE',
  });
  for (const dims of [[1, 4], [3], [2, 3]]) {
    assert.throws(() => run({ X: { type: 'float32', dims, data: new Float32Array(3) } }), {
      code: 'ONNX_INPUT_SHAPE',
    });
  }
});

async function assertSame(
  nodes: readonly NodeToWrite[],
  outputs: readonly ValueToWrite[],
  rows: number[][],
): Promise<void> {
  const bytes = write(nodes, outputs, rows[0]?.length ?? 0);
  const theirs = await runInOnnxRuntime(bytes, { X: rows });
  const compiled = compileOnnx(readOnnx(bytes));
  assert.ok('run' in compiled, JSON.stringify(compiled));
  const ours = compiled.run({
    X: { type: 'float32', dims: [rows.length, rows[0]?.length ?? 0], data: Float32Array.from(rows.flat()) },
  });
  for (const { name } of outputs) {
    const own = Array.from(ours[name]?.data ?? [], Number);
    assert.equal(own.length, theirs[name]?.length);
    for (const [i, value] of own.entries()) {
      const other = theirs[name]?.[i] ?? 0;
      const same = Number.isNaN(value) ? Number.isNaN(other) : Math.abs(value - other) <= 1e-5;
      assert.ok(same, `${name}[${i}]: ${value} here, ${other} there`);
    }
  }
}

function write(
  nodes: readonly NodeToWrite[],
  outputs: readonly ValueToWrite[],
  width: number,
): Uint8Array<ArrayBuffer> {
  const inputs: ValueToWrite[] = [{ name: 'X', type: 'float32', shape: [null, width] }];
  return writeOnnx({
    name: 'test',
    nodes,
    inputs,
    outputs,
    integerConstants: [],
    metadata: {},
    producerVersion: '',
  });
}

/** Small whole numbers, so that rows meet thresholds exactly. */
function rowsOf(random: Random, rows: number): number[][] {
  return Array.from({ length: rows }, () =>
    Array.from({ length: 3 }, () => (random.next() < 0.15 ? Number.NaN : random.integer(7) - 3)),
  );
}

/** Trees of one or two branches over three features; each leaf weighs on `outputs` outputs. */
function randomTrees(random: Random, count: number, outputs: number, positive = false) {
  const lists = {
    treeIds: [] as number[],
    nodeIds: [] as number[],
    features: [] as number[],
    values: [] as number[],
    modes: [] as string[],
    trueIds: [] as number[],
    falseIds: [] as number[],
    missing: [] as number[],
  };
  const leaves: { tree: number; node: number; output: number; weight: number }[] = [];
  for (let tree = 0; tree < count; tree++) {
    // 0 branches to 1 and 2, 1 branches to 3 and 4
    for (let node = 0; node < 5; node++) {
      const branch = node < 2;
      lists.treeIds.push(tree);
      lists.nodeIds.push(node);
      lists.features.push(branch ? random.integer(3) : 0);
      lists.values.push(branch ? random.integer(5) - 2 : 0);
      lists.modes.push(branch ? (MODES[random.integer(4)] ?? 'LEAF') : 'LEAF');
      lists.trueIds.push(branch ? 1 + 2 * node : 0);
      lists.falseIds.push(branch ? 2 + 2 * node : 0);
      lists.missing.push(branch ? random.integer(2) : 0);
      for (let output = 0; !branch && output < outputs; output++) {
        leaves.push({ tree, node, output, weight: positive ? random.next() / count : random.normal() });
      }
    }
  }
  const nodes = {
    nodes_treeids: { ints: lists.treeIds },
    nodes_nodeids: { ints: lists.nodeIds },
    nodes_featureids: { ints: lists.features },
    nodes_values: { floats: lists.values },
    nodes_modes: { texts: lists.modes },
    nodes_truenodeids: { ints: lists.trueIds },
    nodes_falsenodeids: { ints: lists.falseIds },
    nodes_missing_value_tracks_true: { ints: lists.missing },
  };
  return {
    nodes,
    leaves: (prefix: string) => ({
      [`${prefix}_treeids`]: { ints: leaves.map((leaf) => leaf.tree) },
      [`${prefix}_nodeids`]: { ints: leaves.map((leaf) => leaf.node) },
      [`${prefix}_ids`]: { ints: leaves.map((leaf) => leaf.output) },
      [`${prefix}_weights`]: { floats: leaves.map((leaf) => leaf.weight) },
    }),
  };
}
