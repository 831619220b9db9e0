import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInOnnxRuntime } from './onnxruntime.fixture.ts';
import { bytesField, integerField, message, textField } from './protobuf-writer.ts';
import { readOnnx } from './read-onnx.ts';
import { withoutZipMap } from './without-zip-map.ts';
import { type NodeToWrite, writeOnnx } from './write-onnx.ts';

const rows = [
  [1, -2],
  [0.5, 3],
];
const classifier: NodeToWrite = {
  domain: 'ai.onnx.ml',
  type: 'LinearClassifier',
  inputs: ['X'],
  outputs: ['label', 'scores'],
  attributes: {
    classlabels_ints: { ints: [0, 1, 2] },
    coefficients: { floats: [1, 2, -1, 0.5, 0, 1] },
    intercepts: { floats: [0, 0.1, 0.2] },
    multi_class: { int: 1 },
    post_transform: { text: 'SOFTMAX' },
  },
};

for (const [kind, labels] of [
  ['numbers', { classlabels_int64s: { ints: [0, 1, 2] } }],
  ['texts', { classlabels_strings: { texts: ['no', 'maybe', 'yes'] } }],
] as const) {
  test(`probabilities in a ZipMap of ${kind} become one tensor with the same numbers`, async () => {
    const taken = withoutZipMap(write([classifier, zipMap(labels)]));
    assert.ok(taken);
    const output = readOnnx(taken).graph.outputs.find(({ name }) => name === 'probabilities');
    assert.deepEqual([output?.type, output?.shape], ['float32', ['rows', 3]]);
    const answers = await runInOnnxRuntime(taken, { X: rows });
    const direct = await runInOnnxRuntime(write([classifier], 'scores'), { X: rows });
    assert.deepEqual(answers.probabilities, direct.scores);
    assert.deepEqual(answers.label, direct.label);
  });
}

test('a graph that knows no operators of ONNX itself can be run all the same', async () => {
  const whole = write([classifier, zipMap({ classlabels_int64s: { ints: [0, 1, 2] } })]);
  const opset = bytesField(8, message([textField(1, ''), integerField(2, 17)]));
  const at = Buffer.from(whole).indexOf(Buffer.from(opset));
  const alone = Buffer.concat([whole.subarray(0, at), whole.subarray(at + opset.length)]);
  assert.deepEqual(
    readOnnx(alone).opsets.map(({ domain }) => domain),
    ['ai.onnx.ml'],
  );
  const taken = withoutZipMap(alone);
  assert.ok(taken);
  const answers = await runInOnnxRuntime(taken, { X: rows });
  assert.equal(answers.probabilities?.length, 6);
});

test('a graph without a ZipMap stays as it is, and what is no graph is said to be none', () => {
  assert.equal(withoutZipMap(write([classifier], 'scores')), undefined);
  assert.equal(withoutZipMap(new Uint8Array()), undefined);
  assert.throws(() => withoutZipMap(Buffer.from('no graph at all')), { code: 'ONNX_MALFORMED' });
});

function zipMap(attributes: NodeToWrite['attributes']): NodeToWrite {
  return {
    domain: 'ai.onnx.ml',
    type: 'ZipMap',
    inputs: ['scores'],
    outputs: ['probabilities'],
    attributes,
  };
}

function write(nodes: readonly NodeToWrite[], output = 'probabilities'): Uint8Array<ArrayBuffer> {
  return writeOnnx({
    name: 'three classes',
    nodes,
    inputs: [{ name: 'X', type: 'float32', shape: [null, 2] }],
    outputs: [
      { name: 'label', type: 'int64', shape: [null] },
      { name: output, type: 'float32', shape: [null, 3] },
    ],
    integerConstants: [],
    metadata: { made: 'for a test' },
    producerVersion: '1',
  });
}
