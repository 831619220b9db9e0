import { MlInputError } from '../ml-input-error.ts';
import {
  broadcast,
  compare,
  compileArgMax,
  compileGemm,
  compileMatMul,
  compileReduceSum,
  compileSoftmax,
  compileWhere,
  elementwise,
} from './arithmetic-operators.ts';
import { compileLinearClassifier, compileLinearRegressor } from './linear-operators.ts';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from './onnx-model.ts';
import { type CompileOperator, type Kernel, sizeOf } from './operator.ts';
import {
  compileArrayFeatureExtractor,
  compileBinarizer,
  compileImputer,
  compileLabelEncoder,
  compileNormalizer,
  compileOneHotEncoder,
  compileScaler,
} from './preprocessing-operators.ts';
import {
  compileCast,
  compileConcat,
  compileConstant,
  compileFeatureVectorizer,
  compileFlatten,
  compileGather,
  compileIdentity,
  compileReshape,
  compileSqueeze,
  compileUnsqueeze,
} from './shape-operators.ts';
import { compileTreeClassifier, compileTreeRegressor } from './tree-operators.ts';

export interface CompiledOnnx {
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /**
   * Answers every output for one batch.
   * @throws MlInputError ONNX_INPUT_MISSING, ONNX_INPUT_TYPE, ONNX_INPUT_SHAPE, ONNX_VALUE_MISMATCH
   */
  run(feeds: Readonly<Record<string, OnnxTensor>>): Record<string, OnnxTensor>;
}

/**
 * Makes a graph of operators we know ready to run in plain JavaScript: trees, linear models and the
 * preprocessing that goes with them. Work is bounded by the size of model and input (no loops, no branches
 * in the graph), so it may run on a server's main thread. Anything else is `unsupported`, with the reason.
 */
export function compileOnnx(model: OnnxModel): CompiledOnnx | { readonly unsupported: string } {
  const { graph } = model;
  const slots = new Map<string, number>();
  const constants: (OnnxTensor | undefined)[] = [];
  const slotOf = (name: string): number => {
    const known = slots.get(name);
    if (known !== undefined) return known;
    slots.set(name, slots.size);
    return slots.size - 1;
  };
  for (const [name, tensor] of graph.initializers) constants[slotOf(name)] = tensor;
  const inputs = graph.inputs.map((input) => ({ input, slot: slotOf(input.name) }));
  const steps: Step[] = [];
  for (const node of graph.nodes) {
    const compile = OPERATORS.get(node.operator);
    if (!compile)
      return {
        unsupported: REASONS.get(node.operator) ?? `The operator ${node.operator} is not evaluated here.`,
      };
    const unmade = node.inputs.find((input) => input !== '' && !slots.has(input));
    if (unmade !== undefined)
      return { unsupported: `Node "${node.name}" reads "${unmade}", which nothing before it makes.` };
    const kernel = compile(node, opsetOf(model, node));
    if ('unsupported' in kernel) return kernel;
    const step = {
      kernel,
      inputs: node.inputs.map((input) => (input === '' ? -1 : slotOf(input))),
      outputs: node.outputs.map((output) => (output === '' ? -1 : slotOf(output))),
    };
    if (!runOnce(step, constants)) steps.push(step);
  }
  const lacking = graph.outputs.find((output) => !slots.has(output.name));
  if (lacking) return { unsupported: `Nothing makes the output "${lacking.name}".` };
  const outputs = graph.outputs.map(({ name }) => ({ name, slot: slotOf(name) }));
  constants.length = slots.size;
  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    run(feeds) {
      const values: (OnnxTensor | undefined)[] = constants.slice();
      for (const { input, slot } of inputs)
        values[slot] = checkFeed(input, Object.hasOwn(feeds, input.name) ? feeds[input.name] : undefined);
      for (const step of steps) runStep(step, values);
      const results: Record<string, OnnxTensor> = {};
      for (const { name, slot } of outputs) results[name] = values[slot] as OnnxTensor;
      return results;
    },
  };
}

/** A node with its values by number instead of by name; -1 stands for one that is left out. */
interface Step {
  readonly kernel: Kernel;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** What does not depend on the request is computed once. False where it does, or where it fails: then every request fails. */
function runOnce(step: Step, constants: (OnnxTensor | undefined)[]): boolean {
  if (step.inputs.some((slot) => slot >= 0 && constants[slot] === undefined)) return false;
  try {
    runStep(step, constants);
    return true;
  } catch (error) {
    if (error instanceof MlInputError) return false;
    throw error;
  }
}

const OPERATORS: ReadonlyMap<string, CompileOperator> = new Map([
  ['ai.onnx.ml.TreeEnsembleClassifier', compileTreeClassifier],
  ['ai.onnx.ml.TreeEnsembleRegressor', compileTreeRegressor],
  ['ai.onnx.ml.LinearClassifier', compileLinearClassifier],
  ['ai.onnx.ml.LinearRegressor', compileLinearRegressor],
  ['ai.onnx.ml.Scaler', compileScaler],
  ['ai.onnx.ml.Imputer', compileImputer],
  ['ai.onnx.ml.OneHotEncoder', compileOneHotEncoder],
  ['ai.onnx.ml.LabelEncoder', compileLabelEncoder],
  ['ai.onnx.ml.ArrayFeatureExtractor', compileArrayFeatureExtractor],
  ['ai.onnx.ml.FeatureVectorizer', compileFeatureVectorizer],
  ['ai.onnx.ml.Normalizer', compileNormalizer],
  ['ai.onnx.ml.Binarizer', compileBinarizer],
  ['ai.onnx.Identity', compileIdentity],
  ['ai.onnx.Constant', compileConstant],
  ['ai.onnx.Cast', compileCast],
  ['ai.onnx.Concat', compileConcat],
  ['ai.onnx.Reshape', compileReshape],
  ['ai.onnx.Flatten', compileFlatten],
  ['ai.onnx.Squeeze', compileSqueeze],
  ['ai.onnx.Unsqueeze', compileUnsqueeze],
  ['ai.onnx.Gather', compileGather],
  ['ai.onnx.Add', broadcast((a, b) => a + b)],
  ['ai.onnx.Sub', broadcast((a, b) => a - b)],
  ['ai.onnx.Mul', broadcast((a, b) => a * b)],
  ['ai.onnx.Div', broadcast((a, b) => a / b)],
  ['ai.onnx.Equal', compare((a, b) => a === b)],
  ['ai.onnx.Less', compare((a, b) => a < b)],
  ['ai.onnx.Greater', compare((a, b) => a > b)],
  ['ai.onnx.Where', compileWhere],
  ['ai.onnx.Neg', elementwise((x) => -x)],
  ['ai.onnx.Abs', elementwise(Math.abs)],
  ['ai.onnx.Exp', elementwise(Math.exp)],
  ['ai.onnx.Log', elementwise(Math.log)],
  ['ai.onnx.Sqrt', elementwise(Math.sqrt)],
  ['ai.onnx.Tanh', elementwise(Math.tanh)],
  ['ai.onnx.Relu', elementwise((x) => Math.max(x, 0))],
  ['ai.onnx.Sigmoid', elementwise((x) => 1 / (1 + Math.exp(-x)))],
  ['ai.onnx.Softmax', compileSoftmax],
  ['ai.onnx.ArgMax', compileArgMax],
  ['ai.onnx.ReduceSum', compileReduceSum],
  ['ai.onnx.MatMul', compileMatMul],
  ['ai.onnx.Gemm', compileGemm],
]);

const REASONS: ReadonlyMap<string, string> = new Map([
  [
    'ai.onnx.ml.ZipMap',
    'The model ends in ZipMap, whose output is a sequence of maps and no tensor. Convert it again with zipmap switched off: convert_sklearn(model, options={"zipmap": False}).',
  ],
]);

function opsetOf(model: OnnxModel, node: OnnxNode): number {
  const domain = node.operator.slice(0, node.operator.lastIndexOf('.'));
  return model.opsets.find((opset) => opset.domain === domain)?.version ?? 1;
}

function runStep({ kernel, inputs, outputs }: Step, values: (OnnxTensor | undefined)[]): void {
  const given: (OnnxTensor | null)[] = [];
  for (const slot of inputs) given.push(values[slot] ?? null);
  const results = kernel(given);
  for (let i = 0; i < outputs.length; i++) {
    const result = results[i];
    const slot = outputs[i] ?? -1;
    if (result && slot >= 0) values[slot] = result;
  }
}

function checkFeed(input: OnnxValueInfo, tensor: OnnxTensor | undefined): OnnxTensor {
  if (!tensor) throw new MlInputError('ONNX_INPUT_MISSING', `The input "${input.name}" is missing.`);
  if (tensor.type !== input.type) {
    throw new MlInputError(
      'ONNX_INPUT_TYPE',
      `The input "${input.name}" takes ${input.type}; ${tensor.type} was given.`,
    );
  }
  const expected = input.shape;
  const fits =
    !expected ||
    (expected.length === tensor.dims.length &&
      expected.every((dim, d) => typeof dim !== 'number' || dim === tensor.dims[d]));
  const size = sizeOf(tensor.dims);
  if (fits && size === tensor.data?.length) return tensor;
  throw new MlInputError(
    'ONNX_INPUT_SHAPE',
    `The input "${input.name}" takes the shape [${expected?.map((dim) => dim ?? '?')}]; [${tensor.dims}] with ${tensor.data?.length ?? 0} values was given.`,
  );
}
