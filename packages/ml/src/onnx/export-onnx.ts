import { MlInputError } from '../ml-input-error.ts';
import type { Pipeline } from '../preprocessing/pipeline.ts';
import type { GradientBoostingModel } from '../trainers/train-gradient-boosting.ts';
import type { LogisticRegressionModel } from '../trainers/train-logistic-regression.ts';
import { exportPreprocessing, type InputGroups } from './export-preprocessing.ts';
import { type TreeEnsembleAttributes, treeEnsembleAttributes } from './export-trees.ts';
import { type NodeToWrite, type ValueToWrite, writeOnnx } from './write-onnx.ts';

/**
 * One ONNX graph from raw columns to answer (ai.onnx 17, ai.onnx.ml 3, IR 8).
 *
 * Inputs: `X` FLOAT [rows, number columns] and, where there are text columns, `X_text` STRING [rows, text
 * columns], each group in the table's column order; a missing text is "". A group without columns has no input.
 * Outputs: classification `label` INT64 [rows] and `probabilities` FLOAT [rows, classes]; regression
 * `variable` FLOAT [rows, 1].
 * metadata_props: `esteira.feature_names` (what the model sees), `esteira.inputs` (the columns of each input),
 * `esteira.classes` and `esteira.model`, as JSON, and the caller's own. Equal pipelines give equal bytes.
 * @throws MlInputError FEATURE_COUNT_MISMATCH when the preprocessing does not produce the model's features
 */
export function exportOnnx(
  pipeline: Pipeline,
  options: { readonly metadata?: Readonly<Record<string, string>>; readonly producerVersion?: string } = {},
): Uint8Array<ArrayBuffer> {
  const { model, preprocessing } = pipeline;
  const before = preprocessing ? exportPreprocessing(preprocessing) : passThrough(model.featureNames);
  if (before.features.length !== model.featureNames.length) {
    throw new MlInputError(
      'FEATURE_COUNT_MISMATCH',
      `The preprocessing gives ${before.features.length} features; the model takes ${model.featureNames.length}.`,
    );
  }
  const own: NodeToWrite = {
    domain: 'ai.onnx.ml',
    inputs: [before.output],
    ...(model.kind === 'gradient_boosting' ? treeNode(model) : linearNode(model)),
  };
  return writeOnnx({
    name: model.kind,
    nodes: [...before.nodes, own],
    inputs: inputsOf(before.groups),
    outputs: model.classes.length === 0 ? [REGRESSION_OUTPUT] : classificationOutputs(model.classes.length),
    integerConstants: before.integerConstants,
    metadata: {
      'esteira.model': model.kind,
      'esteira.inputs': JSON.stringify(
        Object.fromEntries(Object.entries(before.groups).filter(([, columns]) => columns.length > 0)),
      ),
      'esteira.feature_names': JSON.stringify(model.featureNames),
      ...(model.classes.length > 0 ? { 'esteira.classes': JSON.stringify(model.classes) } : {}),
      ...options.metadata,
    },
    producerVersion: options.producerVersion ?? '',
  });
}

const REGRESSION_OUTPUT: ValueToWrite = { name: 'variable', type: 'float32', shape: [null, 1] };

function classificationOutputs(classes: number): ValueToWrite[] {
  return [
    { name: 'label', type: 'int64', shape: [null] },
    { name: 'probabilities', type: 'float32', shape: [null, classes] },
  ];
}

function passThrough(features: readonly string[]) {
  return { nodes: [], integerConstants: [], output: 'X', features, groups: { X: features, X_text: [] } };
}

function inputsOf(groups: InputGroups): ValueToWrite[] {
  const inputs: ValueToWrite[] = [];
  if (groups.X.length > 0) inputs.push({ name: 'X', type: 'float32', shape: [null, groups.X.length] });
  if (groups.X_text.length > 0)
    inputs.push({ name: 'X_text', type: 'string', shape: [null, groups.X_text.length] });
  return inputs;
}

function treeNode(model: GradientBoostingModel): Pick<NodeToWrite, 'type' | 'outputs' | 'attributes'> {
  const { nodes, leaves } = treeEnsembleAttributes(model.ensemble);
  const baseScores = { base_values: { floats: model.ensemble.baseScores } };
  if (model.objective === 'regression') {
    return {
      type: 'TreeEnsembleRegressor',
      outputs: ['variable'],
      attributes: {
        n_targets: { int: 1 },
        ...baseScores,
        ...nodes,
        ...leafAttributes('target', leaves),
        aggregate_function: { text: 'SUM' },
        post_transform: { text: 'NONE' },
      },
    };
  }
  return {
    type: 'TreeEnsembleClassifier',
    outputs: ['label', 'probabilities'],
    attributes: {
      classlabels_int64s: { ints: model.classes },
      ...baseScores,
      ...nodes,
      ...leafAttributes('class', model.objective === 'binary' ? withNegativeWeight(leaves) : leaves),
      post_transform: { text: model.objective === 'binary' ? 'LOGISTIC' : 'SOFTMAX' },
    },
  };
}

function leafAttributes(prefix: 'class' | 'target', leaves: TreeEnsembleAttributes['leaves']) {
  return {
    [`${prefix}_treeids`]: { ints: leaves.treeIds },
    [`${prefix}_nodeids`]: { ints: leaves.nodeIds },
    [`${prefix}_ids`]: { ints: leaves.outputs },
    [`${prefix}_weights`]: { floats: leaves.weights },
  };
}

/**
 * ONNX Runtime takes a binary ensemble whose weights are all positive for one of probabilities and cuts its
 * label at a score of 0.5, sigmoid or not. One weight of -1e-30, which no float32 sum feels, keeps the cut at 0.
 */
function withNegativeWeight(leaves: TreeEnsembleAttributes['leaves']): TreeEnsembleAttributes['leaves'] {
  if (leaves.weights.some((weight) => weight < 0)) return leaves;
  const [treeId = 0] = leaves.treeIds;
  const [nodeId = 0] = leaves.nodeIds;
  return {
    treeIds: [...leaves.treeIds, treeId],
    nodeIds: [...leaves.nodeIds, nodeId],
    outputs: [...leaves.outputs, 0],
    weights: [...leaves.weights, -1e-30],
  };
}

function linearNode(model: LogisticRegressionModel): Pick<NodeToWrite, 'type' | 'outputs' | 'attributes'> {
  const binary = model.classes.length === 2;
  const mirrored = (values: Float64Array) =>
    binary ? [...values.map((value) => -value), ...values] : [...values];
  return {
    type: 'LinearClassifier',
    outputs: ['label', 'probabilities'],
    attributes: {
      classlabels_ints: { ints: model.classes },
      coefficients: { floats: mirrored(model.coefficients) },
      intercepts: { floats: mirrored(model.intercepts) },
      multi_class: { int: 1 },
      post_transform: { text: binary ? 'LOGISTIC' : 'SOFTMAX' },
    },
  };
}
