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
import type { CompileOperator, Kernel } from './operator.ts';
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
  const known = new Set([...graph.initializers.keys(), ...graph.inputs.map((input) => input.name)]);
  const steps: Step[] = [];
  for (const node of graph.nodes) {
    const compile = OPERATORS.get(node.operator);
    if (!compile)
      return {
        unsupported: REASONS.get(node.operator) ?? `The operator ${node.operator} is not evaluated here.`,
      };
    const unmade = node.inputs.find((input) => input !== '' && !known.has(input));
    if (unmade !== undefined)
      return { unsupported: `Node "${node.name}" reads "${unmade}", which nothing before it makes.` };
    const kernel = compile(node, opsetOf(model, node));
    if ('unsupported' in kernel) return kernel;
    for (const output of node.outputs) known.add(output);
    steps.push({ node, kernel });
  }
  const lacking = graph.outputs.find((output) => !known.has(output.name));
  if (lacking) return { unsupported: `Nothing makes the output "${lacking.name}".` };
  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    run(feeds) {
      const values = new Map<string, OnnxTensor>(graph.initializers);
      for (const input of graph.inputs)
        values.set(
          input.name,
          checkFeed(input, Object.hasOwn(feeds, input.name) ? feeds[input.name] : undefined),
        );
      for (const step of steps) runStep(step, values);
      return Object.fromEntries(graph.outputs.map(({ name }) => [name, values.get(name) as OnnxTensor]));
    },
  };
}

interface Step {
  readonly node: OnnxNode;
  readonly kernel: Kernel;
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

function runStep({ node, kernel }: Step, values: Map<string, OnnxTensor>): void {
  const results = kernel(node.inputs.map((input) => values.get(input) ?? null));
  for (const [i, name] of node.outputs.entries()) {
    const result = results[i];
    if (result && name !== '') values.set(name, result);
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
  const size = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (fits && size === tensor.data?.length) return tensor;
  throw new MlInputError(
    'ONNX_INPUT_SHAPE',
    `The input "${input.name}" takes the shape [${expected?.map((dim) => dim ?? '?')}]; [${tensor.dims}] with ${tensor.data?.length ?? 0} values was given.`,
  );
}
