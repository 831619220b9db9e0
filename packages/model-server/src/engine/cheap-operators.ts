/**
 * Operators whose work is bounded by the size of the input: no loops, no branches, nothing whose output can be larger than
 * a small multiple of what goes in.
 */
const cheapOperators: ReadonlySet<string> = new Set([
  'ai.onnx.ml.ArrayFeatureExtractor',
  'ai.onnx.ml.Binarizer',
  'ai.onnx.ml.CastMap',
  'ai.onnx.ml.CategoryMapper',
  'ai.onnx.ml.FeatureVectorizer',
  'ai.onnx.ml.Imputer',
  'ai.onnx.ml.LabelEncoder',
  'ai.onnx.ml.LinearClassifier',
  'ai.onnx.ml.LinearRegressor',
  'ai.onnx.ml.Normalizer',
  'ai.onnx.ml.OneHotEncoder',
  'ai.onnx.ml.Scaler',
  'ai.onnx.ml.TreeEnsembleClassifier',
  'ai.onnx.ml.TreeEnsembleRegressor',
  'ai.onnx.ml.TreeEnsemble',
  'Abs',
  'Add',
  'And',
  'ArgMax',
  'Cast',
  'Clip',
  'Concat',
  'Constant',
  'Div',
  'Equal',
  'Exp',
  'Flatten',
  'Gather',
  'Gemm',
  'Greater',
  'GreaterOrEqual',
  'Identity',
  'IsNaN',
  'Less',
  'LessOrEqual',
  'Log',
  'MatMul',
  'Max',
  'Min',
  'Mul',
  'Neg',
  'Not',
  'Or',
  'Pow',
  'Relu',
  'Reshape',
  'Sigmoid',
  'Slice',
  'Softmax',
  'Split',
  'Sqrt',
  'Squeeze',
  'Sub',
  'Tanh',
  'Transpose',
  'Unsqueeze',
  'Where',
]);

/** True when every operator (`domain.Name`, the default domain left out) may run on the thread that answers requests. */
export function isCheapGraph(operators: readonly string[]): boolean {
  return (
    operators.length > 0 &&
    operators.every((name) => cheapOperators.has(name.replace(/^ai\.onnx\.(?!ml\.)/, '')))
  );
}
