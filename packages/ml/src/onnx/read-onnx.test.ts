import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MlInputError } from '../ml-input-error.ts';
import { trainGradientBoosting } from '../trainers/train-gradient-boosting.ts';
import { compileOnnx } from './compile-onnx.ts';
import { exportOnnx } from './export-onnx.ts';
import {
  bytesField,
  type Field,
  integerField,
  message,
  packedIntegers,
  textField,
} from './protobuf-writer.ts';
import { readOnnx } from './read-onnx.ts';
import { readTreeEnsemble } from './read-tree-ensemble.ts';

test('an exported model is read back with its trees', () => {
  const { bytes, model } = smallModel();
  const read = readOnnx(bytes);
  assert.equal(read.producerName, 'esteira');
  assert.deepEqual(read.operators, ['ai.onnx.ml.TreeEnsembleClassifier']);
  assert.deepEqual(read.graph.inputs, [{ name: 'X', type: 'float32', shape: ['rows', 2] }]);
  const trees = readTreeEnsemble(read);
  assert.ok('ensemble' in trees);
  assert.deepEqual(trees.classes, [0, 1]);
  assert.equal(trees.nodeIds[0]?.length, model.ensemble.trees[0]?.feature.length);
  for (const [t, tree] of model.ensemble.trees.entries()) {
    assert.deepEqual(trees.ensemble.trees[t]?.feature, tree.feature);
    assert.deepEqual(
      trees.ensemble.trees[t]?.threshold.filter((_, node) => (tree.feature[node] ?? -1) >= 0),
      tree.threshold.filter((_, node) => (tree.feature[node] ?? -1) >= 0),
    );
    assert.deepEqual(trees.ensemble.trees[t]?.values, tree.values);
    assert.deepEqual(trees.ensemble.trees[t]?.left, tree.left);
  }
});

test('negative and large integers survive the wire', () => {
  const values = [0, 1, -1, 127, 128, -128, 2 ** 31, -(2 ** 31), 2 ** 52 + 1, -(2 ** 52) - 1];
  const tensor = message([
    integerField(1, values.length),
    integerField(2, 7),
    packedIntegers(7, values),
    textField(8, 'w'),
  ]);
  const { initializers } = readOnnx(modelOf([bytesField(5, tensor)])).graph;
  assert.deepEqual(initializers.get('w')?.data, BigInt64Array.from(values, BigInt));
});

const EXTERNAL = message([
  integerField(1, 1),
  integerField(2, 1),
  textField(8, 'w'),
  bytesField(13, message([textField(1, 'location'), textField(2, '/etc/passwd')])),
]);
const LOCATED_ELSEWHERE = message([integerField(1, 1), integerField(2, 1), integerField(14, 1)]);

/** AttributeProto without a name. */
const attribute = (...fields: Field[]) => bytesField(5, message(fields));
const nodeWith = (...attributes: Field[]) => bytesField(1, message([textField(4, 'If'), ...attributes]));
const PLACES: Readonly<Record<string, (tensor: Uint8Array) => Uint8Array>> = {
  'an initializer': (tensor) => modelOf([bytesField(5, tensor)]),
  'the values of a sparse initializer': (tensor) =>
    modelOf([bytesField(15, message([bytesField(1, tensor)]))]),
  'the indices of a sparse initializer': (tensor) =>
    modelOf([bytesField(15, message([bytesField(2, tensor)]))]),
  'an attribute': (tensor) => modelOf([nodeWith(attribute(bytesField(5, tensor), integerField(20, 4)))]),
  'an attribute that claims to be a number': (tensor) =>
    modelOf([nodeWith(attribute(bytesField(5, tensor), integerField(20, 2)))]),
  'a list attribute': (tensor) => modelOf([nodeWith(attribute(bytesField(10, tensor), integerField(20, 9)))]),
  'a sparse attribute': (tensor) =>
    modelOf([nodeWith(attribute(bytesField(22, message([bytesField(1, tensor)])), integerField(20, 11)))]),
  'a subgraph': (tensor) =>
    modelOf([nodeWith(attribute(bytesField(6, message([bytesField(5, tensor)])), integerField(20, 5)))]),
  'a list of subgraphs': (tensor) =>
    modelOf([nodeWith(attribute(bytesField(11, message([bytesField(5, tensor)])), integerField(20, 10)))]),
  'a function': (tensor) =>
    message([
      modelOf([]),
      bytesField(25, message([bytesField(7, message([attribute(bytesField(5, tensor))]))])),
    ]),
  'the training graph': (tensor) =>
    message([modelOf([]), bytesField(20, message([bytesField(2, message([bytesField(5, tensor)]))]))]),
};

for (const [place, build] of Object.entries(PLACES)) {
  test(`a tensor that points to another file is refused in ${place}`, () => {
    for (const tensor of [EXTERNAL, LOCATED_ELSEWHERE]) {
      assert.throws(() => readOnnx(build(tensor)), { name: 'MlInputError', code: 'ONNX_EXTERNAL_DATA' });
    }
  });
}

test('size, depth and number of nodes are bounded', () => {
  let graph = message([]);
  for (let depth = 0; depth < 40; depth++)
    graph = message([nodeWith(attribute(bytesField(6, graph), integerField(20, 5)))]);
  assert.throws(() => readOnnx(message([bytesField(7, graph)])), { code: 'ONNX_TOO_DEEP' });
  const { bytes } = smallModel();
  assert.throws(() => readOnnx(bytes, { maxBytes: bytes.length - 1 }), { code: 'ONNX_TOO_LARGE' });
  assert.throws(() => readOnnx(modelOf([nodeWith(), nodeWith(), nodeWith()]), { maxNodes: 2 }), {
    code: 'ONNX_TOO_LARGE',
  });
});

test('a tensor whose shape does not fit its values is refused', () => {
  for (const dims of [[4], [-1], [2 ** 40, 2 ** 40]]) {
    const tensor = message([packedIntegers(1, dims), integerField(2, 7), packedIntegers(7, [1, 2, 3])]);
    assert.throws(() => readOnnx(modelOf([bytesField(5, tensor)])), { code: 'ONNX_MALFORMED' });
  }
});

test('custom domains are reported, and evaluating them is declined', () => {
  const node = bytesField(
    1,
    message([textField(1, 'X'), textField(2, 'Y'), textField(4, 'Gelu'), textField(7, 'com.microsoft')]),
  );
  const model = readOnnx(modelOf([node]));
  assert.deepEqual(model.unknownDomains, ['com.microsoft']);
  assert.deepEqual(model.operators, ['com.microsoft.Gelu']);
  assert.deepEqual(compileOnnx(model), {
    unsupported: 'The operator com.microsoft.Gelu is not evaluated here.',
  });
});

test('cut or altered files end in a coded error or in a model, never in anything else', () => {
  const { bytes } = smallModel();
  const change = fc.record({ at: fc.nat(bytes.length - 1), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.nat(bytes.length), fc.array(change, { maxLength: 5 }), (length, changes) => {
      const altered = bytes.slice(0, length);
      for (const { at, value } of changes) if (at < length) altered[at] = value;
      try {
        const compiled = compileOnnx(readOnnx(altered));
        if ('unsupported' in compiled) return;
        compiled.run({ X: { type: 'float32', dims: [3, 2], data: new Float32Array(6) } });
      } catch (error) {
        assert.ok(error instanceof MlInputError, String(error));
      }
    }),
    { numRuns: 400 },
  );
});

function modelOf(graphFields: readonly Field[]): Uint8Array<ArrayBuffer> {
  return message([integerField(1, 8), bytesField(7, message(graphFields))]);
}

function smallModel() {
  const x = Float64Array.from({ length: 200 }, (_, row) => Math.sin(row));
  const y = Float64Array.from({ length: 200 }, (_, row) => Math.cos(row * 1.7));
  const labels = Array.from(x, (value, row) => (value * (y[row] ?? 0) > 0 ? 1 : 0));
  const features = { rows: 200, columns: [x, y], names: ['x', 'y'] };
  const { model } = trainGradientBoosting(
    { features, labels },
    { objective: 'binary', seed: 1, iterations: 5 },
  );
  return { model, bytes: exportOnnx({ preprocessing: null, model }) };
}
