import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placeMlflowSignature } from './mlflow-signature.ts';
import type { TensorSignature } from './model-signature.ts';

const outputs: TensorSignature[] = [
  { name: 'label', datatype: 'INT64', shape: [-1] },
  { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
];
const X: TensorSignature = { name: 'X', datatype: 'FP32', shape: [-1, 3] };
const column = (name: string, type = 'double', more = {}) => ({ name, type, required: true, ...more });

function place(inputs: unknown, graph: readonly TensorSignature[], more = {}) {
  return placeMlflowSignature(
    { inputs, outputs: null, params: null, ...more },
    { inputs: graph, outputs },
    'label',
  );
}

function columnsOf(inputs: unknown, graph: readonly TensorSignature[]) {
  const placed = place(inputs, graph);
  assert.ok('signature' in placed, JSON.stringify(placed));
  assert.ok(placed.signature.takes.kind === 'columns');
  return placed.signature.takes.columns.map(({ input, index, width = 1 }) => [input, index, width]);
}

describe('an MLflow signature', () => {
  it('fills one matrix in its own order, written as a text or as a value', () => {
    const inputs = [column('a'), column('b', 'long'), column('c')];
    const places = [
      ['X', 0, 1],
      ['X', 1, 1],
      ['X', 2, 1],
    ];
    assert.deepEqual(columnsOf(inputs, [X]), places);
    assert.deepEqual(columnsOf(JSON.stringify(inputs), [X]), places);
  });

  it('takes inputs by the names of the columns, and parts numbers from texts', () => {
    const own: TensorSignature[] = [
      { name: 'age', datatype: 'FP32', shape: [-1, 1] },
      { name: 'city', datatype: 'BYTES', shape: [-1, 1] },
    ];
    assert.deepEqual(columnsOf([column('city', 'string'), column('age')], own), [
      ['city', 0, 1],
      ['age', 0, 1],
    ]);
    const mixed: TensorSignature[] = [
      { name: 'N', datatype: 'FP32', shape: [-1, 2] },
      { name: 'T', datatype: 'BYTES', shape: [-1, 1] },
    ];
    assert.deepEqual(columnsOf([column('age'), column('city', 'string'), column('n', 'long')], mixed), [
      ['N', 0, 1],
      ['T', 0, 1],
      ['N', 1, 1],
    ]);
  });

  it('gives a list the places that the other columns leave', () => {
    const list = { name: 'v', type: 'array', items: { type: 'double' } };
    assert.deepEqual(columnsOf([column('a'), list], [X]), [
      ['X', 0, 1],
      ['X', 1, 2],
    ]);
  });

  it('names a tensor or not, and answers the outputs it names, or the label alone', () => {
    const tensor = { type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 3] } };
    const unnamed = place([tensor], [X], { outputs: [{ type: 'long' }] });
    assert.ok('signature' in unnamed);
    assert.deepEqual(unnamed.signature.takes, {
      kind: 'tensors',
      tensors: [{ name: null, dtype: 'float32', shape: [-1, 3], input: 'X' }],
    });
    assert.deepEqual(unnamed.signature.gives, { outputs: ['label'], bare: true });
    const named = place([tensor], [X], { outputs: [{ type: 'tensor', name: 'probabilities' }] });
    assert.ok('signature' in named);
    assert.deepEqual(named.signature.gives, { outputs: ['probabilities'], bare: false });
  });

  it('says what does not fit the graph', () => {
    const problems: [unknown, RegExp][] = [
      [[column('a'), column('b')], /X has 3 places in a row, the signature fills 2/],
      [[column('a', 'object')], /type object, which no tensor holds/],
      [
        [column('a'), { type: 'tensor', 'tensor-spec': { dtype: 'x', shape: [1] } }],
        /mixes columns and tensors/,
      ],
      ['[', /not JSON/],
      [[], /no inputs/],
      [{ a: 1 }, /not in MLflow's form/],
    ];
    for (const [inputs, message] of problems) {
      const placed = place(inputs, [X]);
      assert.ok('problem' in placed);
      assert.match(placed.problem, message);
    }
  });
});
