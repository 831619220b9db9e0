import type { OnnxTensor } from './onnx-model.ts';
import {
  type CompileOperator,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  matrixShape,
  mismatch,
  numbersOf,
  requireTensor,
  textAttribute,
  textsAttribute,
} from './operator.ts';
import { postTransform } from './post-transform.ts';
import { highest, labelTensor } from './tree-operators.ts';

export const compileLinearClassifier: CompileOperator = (node) => {
  const coefficients = floatsAttribute(node, 'coefficients') ?? [];
  const intercepts = floatsAttribute(node, 'intercepts') ?? [];
  const classes =
    textsAttribute(node, 'classlabels_strings') ?? intsAttribute(node, 'classlabels_ints') ?? [];
  const name = textAttribute(node, 'post_transform', 'NONE');
  const transform = postTransform(name);
  if (!transform) return { unsupported: `LinearClassifier with post_transform ${name}.` };
  if (
    classes.length < 2 ||
    intercepts.length !== classes.length ||
    coefficients.length % classes.length !== 0
  ) {
    return {
      unsupported: 'LinearClassifier without one row of coefficients and one intercept for each class.',
    };
  }
  const score = scorer(coefficients, intercepts, classes.length);
  return ([input]) => {
    const { rows, scores } = score(requireTensor(input));
    const labels = labelTensor(classes, rows, (row) => highest(scores, row * classes.length, classes.length));
    transform(scores, classes.length);
    return [labels, { type: 'float32', dims: [rows, classes.length], data: Float32Array.from(scores) }];
  };
};

export const compileLinearRegressor: CompileOperator = (node) => {
  const coefficients = floatsAttribute(node, 'coefficients') ?? [];
  const targets = intAttribute(node, 'targets', 1);
  const intercepts = floatsAttribute(node, 'intercepts') ?? new Array<number>(targets).fill(0);
  const name = textAttribute(node, 'post_transform', 'NONE');
  const transform = postTransform(name);
  if (!transform) return { unsupported: `LinearRegressor with post_transform ${name}.` };
  if (targets < 1 || intercepts.length !== targets || coefficients.length % targets !== 0) {
    return {
      unsupported: 'LinearRegressor without one row of coefficients and one intercept for each target.',
    };
  }
  const score = scorer(coefficients, intercepts, targets);
  return ([input]) => {
    const { rows, scores } = score(requireTensor(input));
    transform(scores, targets);
    return [{ type: 'float32', dims: [rows, targets], data: Float32Array.from(scores) }];
  };
};

/** rows × outputs: input · coefficientsᵀ + intercepts */
function scorer(coefficients: readonly number[], intercepts: readonly number[], outputs: number) {
  const width = coefficients.length / outputs;
  const weights = Float64Array.from(coefficients);
  return (input: OnnxTensor) => {
    const [rows, columns] = matrixShape(input);
    if (columns !== width) mismatch(`the linear model takes ${width} features, the input has ${columns}`);
    const data = numbersOf(input);
    const scores = new Float64Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < outputs; k++) {
        let sum = intercepts[k] as number;
        for (let f = 0; f < width; f++)
          sum += (data[row * columns + f] as number) * (weights[k * width + f] as number);
        scores[row * outputs + k] = sum;
      }
    }
    return { rows, scores };
  };
}
