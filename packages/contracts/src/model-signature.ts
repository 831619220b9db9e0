import { z } from 'zod';
import { CallSignature } from './call-signature.ts';
import { PinnedPipeline } from './pipeline-model.ts';
import { PythonRuntime } from './python-runtime.ts';
import { RemoteModel } from './remote-model.ts';
import { RulePredictor } from './rule-predictor.ts';

/** Element types of the Open Inference Protocol that models here may take or give. */
export const Datatype = z.enum([
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
]);
export type Datatype = z.infer<typeof Datatype>;

/** A tensor of the graph; a dimension of -1 varies, and the first one counts rows. */
export const TensorSignature = z.object({
  name: z.string().min(1),
  datatype: Datatype,
  shape: z.array(z.number().int().min(-1)).min(1),
});
export type TensorSignature = z.infer<typeof TensorSignature>;

/** A shape with one row, every other varying dimension as wide as `width`. */
export function shapeOfOneRow(shape: readonly number[], width: number): number[] {
  return shape.map((size, axis) => {
    if (axis === 0) return 1;
    return size === -1 ? width : size;
  });
}

/** A feature: where its value stands in the graph's inputs, and whether the model knows what to do without it. */
export const SignatureFeature = z.object({
  name: z.string().min(1),
  type: z.enum(['number', 'text']),
  /** The graph input that holds it. */
  input: z.string(),
  /** Its column in that input. */
  index: z.number().int().min(0),
  /** A missing value (NaN, or an empty text) is allowed. */
  missing: z.boolean(),
});
export type SignatureFeature = z.infer<typeof SignatureFeature>;

/** What a model takes and gives: `signature.json` of its bundle. */
export const ModelSignature = z.object({
  task: z.enum(['classification', 'regression']),
  inputs: z.array(TensorSignature).min(1),
  outputs: z.array(TensorSignature).min(1),
  features: z.array(SignatureFeature).min(1),
  /** The output with the predicted class or nothing. */
  label: z.string().nullable(),
  /** The number that is logged, monitored and compared: probability of class 1 (column 1), or the value (column 0). */
  score: z.object({ output: z.string(), column: z.number().int().min(0) }),
  classes: z.array(z.union([z.number(), z.string()])),
  /** Operators of the graph, `domain.Name`: decide where it may run. */
  operators: z.array(z.string()),
  /** How the model is called by its own words; absent: by its features. */
  call: CallSignature.optional(),
  /** The feature service whose online values fill the features, for callers that name entities; absent: none does. */
  featureService: z.string().optional(),
  /** Absent: the bundle holds a graph, `model.onnx`. */
  python: PythonRuntime.optional(),
  /** A rule answers in place of a graph. */
  rule: RulePredictor.optional(),
  /** Several models answer as one. */
  pipeline: PinnedPipeline.optional(),
  /** A server elsewhere answers. */
  remote: RemoteModel.optional(),
});
export type ModelSignature = z.infer<typeof ModelSignature>;

/** Operators that may answer one question in two ways. */
const randomOperators: ReadonlySet<string> = new Set([
  'Bernoulli',
  'Dropout',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

/** Whether it is known of a model that it answers equal questions equally: a graph without randomness does, and so does a rule. */
export function answersEqually({ python, pipeline, remote, operators }: ModelSignature): boolean {
  if (python !== undefined || pipeline !== undefined || remote !== undefined) return false;
  return !operators.some((operator) => randomOperators.has(operator.replace(/^ai\.onnx\./, '')));
}

/** Whether a Python environment has to be made before the model, or a step of it, can answer. */
export function runsPython({ python, pipeline }: Pick<ModelSignature, 'python' | 'pipeline'>): boolean {
  return python !== undefined || Object.values(pipeline?.pinned ?? {}).some((step) => step.python === true);
}
