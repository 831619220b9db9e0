import {
  type CallColumn,
  type CallTensor,
  type Datatype,
  type ModelSignature,
  placeMlflowSignature,
  type TensorSignature,
  type TrainedModelMeta,
} from '@esteira/contracts';
import type { OnnxModel, OnnxValueInfo } from '@esteira/ml';

/** A signature, or why the graph has none that can be served. */
export type DerivedSignature = { readonly signature: ModelSignature } | { readonly problem: string };

const datatypes: Readonly<Record<string, Datatype>> = {
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  int64: 'INT64',
  int32: 'INT32',
  int16: 'INT16',
  int8: 'INT8',
  uint64: 'UINT64',
  uint32: 'UINT32',
  uint16: 'UINT16',
  uint8: 'UINT8',
  bool: 'BOOL',
  string: 'BYTES',
};

/**
 * Reads off a graph and its training facts which feature goes where and which number is the score. Numeric features are the
 * columns of one matrix, texts of another; a graph with one input per column is read by the names. Whether a feature may be
 * missing is not written in a graph: `missing` is false until it was tried.
 */
export function deriveSignature(onnx: OnnxModel, meta: TrainedModelMeta): DerivedSignature {
  if (onnx.unknownDomains.length > 0)
    return { problem: `it uses operators of ${onnx.unknownDomains.join(', ')}` };
  const inputs = toTensors(onnx.graph.inputs);
  const outputs = toTensors(onnx.graph.outputs);
  if ('problem' in inputs) return inputs;
  if ('problem' in outputs) return outputs;
  const features = placeFeatures(inputs.tensors, meta);
  if ('problem' in features) return features;
  const task = meta.task === 'regression' ? 'regression' : 'classification';
  const score = outputs.tensors.findLast(
    (tensor) => tensor.datatype === 'FP32' || tensor.datatype === 'FP64',
  );
  if (score === undefined)
    return { problem: 'no output holds a score: probabilities or a value as floating point numbers' };
  const label = outputs.tensors.find((tensor) => tensor.datatype === 'INT64' || tensor.datatype === 'BYTES');
  const width = score.shape.length === 1 ? 1 : (score.shape[1] ?? 1);
  return {
    signature: {
      task,
      inputs: inputs.tensors,
      outputs: outputs.tensors,
      features: features.features,
      label: task === 'classification' ? (label?.name ?? null) : null,
      score: { output: score.name, column: task === 'classification' && width !== 1 ? 1 : 0 },
      classes: meta.classes,
      operators: [...onnx.operators],
      ...(meta.featureService === null ? {} : { featureService: meta.featureService }),
    },
  };
}

/**
 * Reads a signature off a graph that nothing else is known of. `document` is what MLflow's `ModelSignature.to_dict()` gives
 * for it; without one, the columns of an input `X` are called `X_0`, `X_1`, …. Graphs must take any number of rows.
 */
export function deriveGraphSignature(onnx: OnnxModel, document: unknown): DerivedSignature {
  if (onnx.unknownDomains.length > 0)
    return { problem: `it uses operators of ${onnx.unknownDomains.join(', ')}` };
  const inputs = toTensors(onnx.graph.inputs);
  const outputs = toTensors(onnx.graph.outputs);
  if ('problem' in inputs) return inputs;
  if ('problem' in outputs) return outputs;
  for (const { name, shape } of onnx.graph.inputs) {
    const rows = shape?.[0];
    if (typeof rows !== 'number') continue;
    return {
      problem: `the input ${name} takes exactly ${rows} row(s); export it with a first dimension that varies`,
    };
  }
  const score = scoreOf(outputs.tensors);
  if (score === undefined) return { problem: 'no output holds a number that could be its score' };
  const classes = classesOf(onnx.graph.nodes);
  const classNames = outputs.tensors.find(
    (tensor) => tensor !== score && (tensor.datatype === 'INT64' || tensor.datatype === 'BYTES'),
  );
  const classification = classNames !== undefined || classes.length > 0;
  const label = classification ? (classNames?.name ?? null) : null;
  const graph = { inputs: inputs.tensors, outputs: outputs.tensors };
  const placed = document === undefined ? undefined : placeMlflowSignature(document, graph, label);
  if (placed !== undefined && 'problem' in placed) return placed;
  const call = placed?.signature;
  const features =
    call?.takes.kind === 'columns'
      ? featuresOf(call.takes.columns, inputs.tensors)
      : featuresOfTensors(inputs.tensors, call?.takes.tensors ?? []);
  if ('problem' in features) return features;
  const width = score.shape.length === 1 ? 1 : (score.shape[1] ?? 1);
  return {
    signature: {
      task: classification ? 'classification' : 'regression',
      inputs: inputs.tensors,
      outputs: outputs.tensors,
      features: features.features,
      label,
      score: { output: score.name, column: classification && width !== 1 ? 1 : 0 },
      classes,
      operators: [...onnx.operators],
      ...(call === undefined ? {} : { call }),
    },
  };
}

/** Probabilities or a value; of a graph that gives only classes, the class. */
export function scoreOf(outputs: readonly TensorSignature[]): TensorSignature | undefined {
  return (
    outputs.findLast(({ datatype }) => datatype === 'FP32' || datatype === 'FP64') ??
    outputs.find(({ datatype }) => datatype !== 'BYTES')
  );
}

/** One feature for each value in a row of the columns. */
export function featuresOf(columns: readonly CallColumn[], inputs: readonly TensorSignature[]): Features {
  const features: ModelSignature['features'] = [];
  const names = new Set<string>();
  for (const { name, input, index, width } of columns) {
    const type = kindOf(inputs.find((candidate) => candidate.name === input));
    for (let place = 0; place < (width ?? 1); place++) {
      const feature = width === undefined ? name : `${name}_${place}`;
      if (names.has(feature)) return { problem: `its signature names the column ${feature} twice` };
      names.add(feature);
      features.push({ name: feature, type, input, index: index + place, missing: false });
    }
  }
  return { features };
}

/** Names for places that have none: that of the input, numbered where it holds several. */
export function featuresOfTensors(
  inputs: readonly TensorSignature[],
  tensors: readonly CallTensor[],
): Features {
  const features: ModelSignature['features'] = [];
  for (const input of inputs) {
    const told = tensors.find((tensor) => tensor.input === input.name)?.shape[1] ?? -1;
    const inGraph = input.shape.length === 1 ? 1 : (input.shape[1] ?? 1);
    const width = inGraph === -1 ? told : inGraph;
    if (width === -1) {
      return {
        problem: `the input ${input.name} does not say how many columns it takes; give it a signature (--signature FILE), or export it with a fixed number`,
      };
    }
    for (let index = 0; index < width; index++) {
      const name = width === 1 ? input.name : `${input.name}_${index}`;
      features.push({ name, type: kindOf(input), input: input.name, index, missing: false });
    }
  }
  return { features };
}

function kindOf(input: TensorSignature | undefined): 'number' | 'text' {
  return input?.datatype === 'BYTES' ? 'text' : 'number';
}

/** Labels of the classes, where an operator of the graph names them. */
function classesOf(nodes: OnnxModel['graph']['nodes']): (number | string)[] {
  for (const { attributes } of nodes) {
    for (const [name, attribute] of attributes) {
      if (!name.startsWith('classlabels')) continue;
      if ((attribute.kind === 'ints' || attribute.kind === 'strings') && attribute.value.length > 0)
        return [...attribute.value];
    }
  }
  return [];
}

type Features = { readonly features: ModelSignature['features'] } | { readonly problem: string };

function placeFeatures(inputs: readonly TensorSignature[], meta: TrainedModelMeta): Features {
  const features: ModelSignature['features'] = [];
  const groups = [
    { type: 'number' as const, names: meta.features },
    { type: 'text' as const, names: meta.textFeatures },
  ];
  for (const { type, names } of groups) {
    if (names.length === 0) continue;
    const fitting = inputs.filter((input) => (input.datatype === 'BYTES') === (type === 'text'));
    const matrix = fitting.find(
      (input) => input.shape.length === 2 && (input.shape[1] === names.length || input.shape[1] === -1),
    );
    for (const [index, name] of names.entries()) {
      const column = fitting.find((input) => input.name === name);
      if (matrix !== undefined && fitting.length === 1)
        features.push({ name, type, input: matrix.name, index, missing: false });
      else if (column !== undefined)
        features.push({ name, type, input: column.name, index: 0, missing: false });
      else return { problem: `the graph has no place for the feature ${name}` };
    }
  }
  const unused = inputs.find((input) => !features.some((feature) => feature.input === input.name));
  if (unused !== undefined) return { problem: `no feature fills the input ${unused.name}` };
  if (features.length === 0) return { problem: 'it names no features' };
  return { features };
}

function toTensors(
  values: readonly OnnxValueInfo[],
): { tensors: TensorSignature[] } | { readonly problem: string } {
  const tensors: TensorSignature[] = [];
  for (const value of values) {
    const datatype = datatypes[value.type];
    if (datatype === undefined) return { problem: whyUnserved(value) };
    if (value.shape === null || value.shape.length === 0 || value.shape.length > 2) {
      return { problem: `${value.name} is neither a column nor a table of rows` };
    }
    const shape = value.shape.map((dimension, axis) =>
      axis > 0 && typeof dimension === 'number' ? dimension : -1,
    );
    tensors.push({ name: value.name, datatype, shape });
  }
  return { tensors };
}

function whyUnserved({ name, type }: OnnxValueInfo): string {
  const served = Object.keys(datatypes).join(', ');
  return type === 'sequence' || type === 'map'
    ? `${name} is of the type ${type}; export classifiers without a ZipMap (zipmap=False), so that every output is a tensor, or have it taken off: esteira deploy FILE.onnx`
    : `${name} is of the type ${type}; tensors of ${served} are served: cast it in the graph`;
}
