import { type PythonRuntime, placeMlflowSignature, readMlflowTensors } from '@esteira/contracts';
import { type DerivedSignature, featuresOf, featuresOfTensors, scoreOf } from '../derive-signature.ts';

/**
 * The signature of a model that nothing can be read off: what MLflow's client wrote of it, taken at its word. Whether the
 * model keeps it shows when an endpoint asks it. Returns what is missing and what to do.
 */
export function derivePythonSignature(
  document: unknown,
  runtime: Pick<PythonRuntime, 'kind' | 'path' | 'version' | 'requirements'>,
): DerivedSignature {
  if (document === undefined) {
    const todo =
      runtime.kind === 'mlflow'
        ? 'log it with infer_signature(inputs, predictions)'
        : "give it one (--signature FILE, MLflow's ModelSignature.to_dict())";
    return { problem: `it has no signature; ${todo}` };
  }
  const tensors = readMlflowTensors(document);
  if ('problem' in tensors) return tensors;
  const inputs = [...tensors.inputs];
  const outputs = [...tensors.outputs];
  const score = scoreOf(outputs);
  if (score === undefined) {
    return {
      problem:
        "it answers texts alone, which cannot be compared or monitored; let predict give numbers (mlflow.sklearn: pyfunc_predict_fn='predict_proba')",
    };
  }
  const width = score.shape.length === 1 ? 1 : (score.shape[1] ?? 1);
  const label = outputs.find(
    (output) => output !== score && output.datatype !== 'FP32' && output.datatype !== 'FP64',
  );
  const classification = label !== undefined || width > 1 || score.datatype === 'BOOL';
  const placed = placeMlflowSignature(document, { inputs, outputs }, label?.name ?? null);
  if ('problem' in placed) return placed;
  const { takes } = placed.signature;
  const features =
    takes.kind === 'columns' ? featuresOf(takes.columns, inputs) : featuresOfTensors(inputs, takes.tensors);
  if ('problem' in features) return features;
  const optional = new Set(
    takes.kind === 'columns' ? takes.columns.filter(({ required }) => !required).map(({ name }) => name) : [],
  );
  const form = tensors.columns ? 'frame' : inputs.length === 1 ? 'tensor' : 'columns';
  return {
    signature: {
      task: classification ? 'classification' : 'regression',
      inputs,
      outputs,
      features: features.features.map((feature) => ({ ...feature, missing: optional.has(feature.name) })),
      label: label?.name ?? null,
      score: { output: score.name, column: classification && width > 1 ? 1 : 0 },
      classes: [],
      operators: [],
      call: placed.signature,
      python: {
        ...runtime,
        path: runtime.path === '' ? modelFolder : `${modelFolder}/${runtime.path}`,
        form: runtime.kind === 'file' && tensors.columns ? 'columns' : form,
        dates: [...tensors.dates],
      },
    },
  };
}

/** Below the bundle, beside what describes the model. */
export const modelFolder = 'model';
