import type { Datatype, ModelSignature, TensorSignature, TrainedModelMeta } from '@esteira/contracts';
import type { OnnxModel, OnnxValueInfo } from '@esteira/ml';

/** A signature, or why the graph has none that can be served. */
export type DerivedSignature = { readonly signature: ModelSignature } | { readonly problem: string };

const datatypes: Readonly<Record<string, Datatype>> = {
  float32: 'FP32',
  float64: 'FP64',
  int64: 'INT64',
  int32: 'INT32',
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
    },
  };
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
    if (datatype === undefined) {
      return {
        problem: `${value.name} is of the type ${value.type}; export classifiers without a ZipMap, so that every output is a tensor`,
      };
    }
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
