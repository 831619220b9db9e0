import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPreprocessing, fitPreprocessing } from '../preprocessing/fit-preprocessing.ts';
import { type Pipeline, predictPipeline } from '../preprocessing/pipeline.ts';
import type { Table, TableColumn } from '../preprocessing/table.ts';
import { transform } from '../preprocessing/transform.ts';
import { createRandom } from '../random.ts';
import type { Dataset } from '../trainers/dataset.ts';
import { type Predictions, predict } from '../trainers/predict.ts';
import { type GradientBoostingModel, trainGradientBoosting } from '../trainers/train-gradient-boosting.ts';
import { trainLogisticRegression } from '../trainers/train-logistic-regression.ts';
import { exportOnnx } from './export-onnx.ts';
import { runInOnnxRuntime } from './onnxruntime.fixture.ts';
import { readOnnx } from './read-onnx.ts';

test('a binary boosting model with missing values answers in ONNX Runtime as it does here', async () => {
  const data = numericData(600, 4, { missing: 0.15 });
  const labels = labelsOf(data, (score) => (score > 0 ? 1 : 0));
  const { model } = trainGradientBoosting(
    { features: data, labels },
    { objective: 'binary', seed: 1, iterations: 60, minSamplesLeaf: 5 },
  );
  await assertSameAnswers(model, numericData(500, 4, { missing: 0.3, seed: 9 }));
});

test('a multiclass boosting model with uneven class numbers answers in ONNX Runtime as it does here', async () => {
  const data = numericData(600, 3, { missing: 0.05 });
  const labels = labelsOf(data, (score) => (score > 1 ? 70 : score < -1 ? -3 : 5));
  const { model } = trainGradientBoosting(
    { features: data, labels },
    { objective: 'multiclass', seed: 1, iterations: 30, minSamplesLeaf: 5 },
  );
  assert.deepEqual(model.classes, [-3, 5, 70]);
  await assertSameAnswers(model, numericData(500, 3, { missing: 0.2, seed: 9 }));
});

test('a regression boosting model answers in ONNX Runtime as it does here', async () => {
  const data = numericData(600, 3, { missing: 0.05 });
  const labels = labelsOf(data, (score) => score);
  const { model } = trainGradientBoosting(
    { features: data, labels },
    { objective: 'regression', seed: 1, iterations: 50, minSamplesLeaf: 5 },
  );
  await assertSameAnswers(model, numericData(500, 3, { missing: 0.2, seed: 9 }));
});

test('rows exactly on a threshold and its float32 neighbours split alike', async () => {
  const data = numericData(400, 2, {});
  const labels = labelsOf(data, (score) => (score > 0 ? 1 : 0));
  const { model } = trainGradientBoosting(
    { features: data, labels },
    { objective: 'binary', seed: 1, iterations: 20, minSamplesLeaf: 5 },
  );
  const thresholds = model.ensemble.trees.flatMap((tree) =>
    [...tree.threshold].filter((_, node) => tree.feature[node] === 0),
  );
  const values = thresholds.flatMap((threshold) => [
    threshold,
    neighbour(threshold, 1),
    neighbour(threshold, -1),
  ]);
  assert.ok(values.length > 30);
  await assertSameAnswers(model, {
    rows: values.length,
    names: data.names,
    columns: [Float32Array.from(values), new Float32Array(values.length)],
  });
});

test('a binary model whose leaves are all positive keeps its cut at a probability of one half', async () => {
  const data = numericData(300, 2, {});
  const labels = labelsOf(data, (score) => (score > 0 ? 1 : 0));
  const { model } = trainGradientBoosting(
    { features: data, labels },
    { objective: 'binary', seed: 1, iterations: 1 },
  );
  const [tree] = model.ensemble.trees;
  assert.ok(tree);
  const positive: GradientBoostingModel = {
    ...model,
    ensemble: {
      ...model.ensemble,
      baseScores: [-0.1],
      trees: [{ ...tree, values: tree.values.map(Math.abs) }],
    },
  };
  await assertSameAnswers(positive, numericData(200, 2, { seed: 9 }));
});

test('a model without a single split answers its base score', async () => {
  const features = { rows: 90, columns: [new Float64Array(90)], names: ['constant'] };
  for (const objective of ['binary', 'multiclass', 'regression'] as const) {
    const labels = Array.from({ length: 90 }, (_, row) => row % (objective === 'multiclass' ? 3 : 2));
    const { model } = trainGradientBoosting(
      { features, labels: [...labels].fill(1, 80) },
      { objective, seed: 1 },
    );
    assert.equal(model.ensemble.trees.length, 0);
    await assertSameAnswers(model, features);
  }
});

test('logistic regression answers in ONNX Runtime as it does here, with two classes and with three', async () => {
  const data = numericData(400, 3, {});
  for (const cut of [(s: number) => (s > 0 ? 4 : 2), (s: number) => (s > 1 ? 2 : s < -1 ? 0 : 1)]) {
    const { model } = trainLogisticRegression({ features: data, labels: labelsOf(data, cut) });
    await assertSameAnswers(model, numericData(300, 3, { seed: 9 }));
  }
});

for (const kind of ['trees', 'linear'] as const) {
  test(`a pipeline over numbers and texts (${kind}) is one graph that answers as the pipeline`, async () => {
    const table = mixedTable(500, 1);
    const rules = {
      ...defaultPreprocessing(table, kind),
      carrier: { encode: 'one_hot', impute: 'most_frequent' },
      month: { encode: kind === 'trees' ? 'ordinal' : 'one_hot', impute: { constant: 3 } },
    } as const;
    const preprocessing = fitPreprocessing(table, rules);
    const features = transform(preprocessing, table);
    const labels = Float64Array.from(features.columns[0] ?? [], (value, row) =>
      value + (row % 7) > 3 ? 1 : 0,
    );
    const model =
      kind === 'trees'
        ? trainGradientBoosting(
            { features, labels },
            { objective: 'binary', seed: 3, iterations: 20, minSamplesLeaf: 5 },
          ).model
        : trainLogisticRegression({ features, labels }).model;
    await assertSameTableAnswers({ preprocessing, model }, mixedTable(400, 2));
  });
}

test('text columns alone need no numeric input', async () => {
  const whole = mixedTable(300, 1);
  const table = { rows: whole.rows, columns: whole.columns.filter((column) => column.type === 'text') };
  const preprocessing = fitPreprocessing(table, defaultPreprocessing(table, 'trees'));
  const features = transform(preprocessing, table);
  const labels = Array.from({ length: table.rows }, (_, row) =>
    (features.columns[0]?.[row] ?? 0) > 1 ? 1 : 0,
  );
  const { model } = trainGradientBoosting(
    { features, labels },
    { objective: 'binary', seed: 3, iterations: 10 },
  );
  const bytes = exportOnnx({ preprocessing, model });
  assert.deepEqual(readOnnx(bytes).graph.inputs, [{ name: 'X_text', type: 'string', shape: ['rows', 2] }]);
  await assertSameTableAnswers({ preprocessing, model }, table);
});

test('equal pipelines give equal bytes, and the file names its columns', () => {
  const data = numericData(300, 2, {});
  const labels = labelsOf(data, (score) => (score > 0 ? 1 : 0));
  const build = () => {
    const options = {
      objective: 'binary',
      seed: 5,
      baggingFraction: 0.7,
      featureFraction: 0.5,
      iterations: 10,
    } as const;
    const { model } = trainGradientBoosting({ features: data, labels }, options);
    return exportOnnx({ preprocessing: null, model }, { metadata: { run: 'abc' } });
  };
  assert.deepEqual(build(), build());
  const { metadata, opsets } = readOnnx(build());
  assert.deepEqual(JSON.parse(metadata['esteira.feature_names'] ?? ''), ['f0', 'f1']);
  assert.deepEqual(JSON.parse(metadata['esteira.inputs'] ?? ''), { X: ['f0', 'f1'] });
  assert.equal(metadata.run, 'abc');
  assert.deepEqual(opsets, [
    { domain: 'ai.onnx', version: 17 },
    { domain: 'ai.onnx.ml', version: 3 },
  ]);
});

async function assertSameAnswers(model: Pipeline['model'], dataset: Dataset): Promise<void> {
  const rows = Array.from({ length: dataset.rows }, (_, row) =>
    dataset.columns.map((column) => column[row] ?? Number.NaN),
  );
  const answers = await runInOnnxRuntime(exportOnnx({ preprocessing: null, model }), { X: rows });
  assertClose(answers, predict(model, dataset));
}

async function assertSameTableAnswers(pipeline: Pipeline, table: Table): Promise<void> {
  const rowsOf = <T>(columns: readonly { values: ArrayLike<T> }[]) =>
    Array.from({ length: table.rows }, (_, row) => columns.map((column) => column.values[row] as T));
  const numbers = table.columns.filter((column) => column.type === 'number');
  const texts = table.columns.filter((column) => column.type === 'text');
  const feeds = {
    ...(numbers.length > 0 ? { X: rowsOf<number>(numbers) } : {}),
    ...(texts.length > 0
      ? { X_text: rowsOf<string | null>(texts).map((row) => row.map((text) => text ?? '')) }
      : {}),
  };
  assertClose(await runInOnnxRuntime(exportOnnx(pipeline), feeds), predictPipeline(pipeline, table));
}

function assertClose(answers: Record<string, number[]>, own: Predictions): void {
  const theirs = own.kind === 'regression' ? answers.variable : answers.probabilities;
  const ours = own.kind === 'regression' ? own.values : own.probabilities;
  assert.equal(theirs?.length, ours.length);
  for (let i = 0; i < ours.length; i++) {
    const difference = Math.abs((theirs?.[i] ?? Number.NaN) - (ours[i] ?? 0));
    assert.ok(difference <= 1e-5, `answer ${i} differs: ${theirs?.[i]} there, ${ours[i]} here`);
  }
  if (own.kind === 'regression') return;
  const width = own.classes.length;
  for (let row = 0; row < own.labels.length; row++) {
    const sorted = [...own.probabilities.subarray(row * width, (row + 1) * width)].sort((a, b) => b - a);
    if ((sorted[0] ?? 0) - (sorted[1] ?? 0) > 1e-5) assert.equal(answers.label?.[row], own.labels[row]);
  }
}

function numericData(rows: number, features: number, options: { missing?: number; seed?: number }): Dataset {
  const random = createRandom(options.seed ?? 1);
  const columns = Array.from({ length: features }, () =>
    Float64Array.from({ length: rows }, () =>
      random.next() < (options.missing ?? 0) ? Number.NaN : random.normal() * 2,
    ),
  );
  return { rows, columns, names: columns.map((_, f) => `f${f}`) };
}

function labelsOf(data: Dataset, label: (score: number) => number): Float64Array {
  const at = (f: number, row: number) => {
    const value = data.columns[f]?.[row] ?? 0;
    return Number.isNaN(value) ? 1.5 : value;
  };
  return Float64Array.from({ length: data.rows }, (_, row) =>
    label(at(0, row) + 0.5 * at(1, row) * at(0, row) + Math.sin(row)),
  );
}

function mixedTable(rows: number, seed: number): Table {
  const random = createRandom(seed);
  const numbers = (missing: number, draw: () => number) =>
    Float64Array.from({ length: rows }, () => (random.next() < missing ? Number.NaN : draw()));
  const texts = (choices: readonly (string | null)[]) =>
    Array.from({ length: rows }, () => choices[random.integer(choices.length)] ?? null);
  const columns: TableColumn[] = [
    {
      name: 'origin',
      type: 'text',
      values: texts(['GRU', 'GIG', 'São Luís', null, seed === 2 ? 'NEW' : 'BSB']),
    },
    { name: 'distance', type: 'number', values: numbers(0.1, () => 500 + 100 * random.normal()) },
    { name: 'month', type: 'number', values: numbers(0.1, () => 1 + random.integer(12)) },
    { name: 'carrier', type: 'text', values: texts(['A', 'B', 'B', '', 'C']) },
    { name: 'load', type: 'number', values: numbers(0, () => random.next()) },
  ];
  return { rows, columns };
}

/** The next float32 above or below. */
function neighbour(value: number, direction: 1 | -1): number {
  const float = new Float32Array([value]);
  const bits = new Int32Array(float.buffer);
  bits[0] = (bits[0] ?? 0) + (value >= 0 ? direction : -direction);
  return float[0] ?? 0;
}
