import { MlInputError } from '../ml-input-error.ts';
import { checkDataset, checkWeights, type Dataset, encodeClasses } from './dataset.ts';
import { createLogisticObjective, type LogisticObjective } from './logistic-objective.ts';

export interface LogisticRegressionModel {
  readonly kind: 'logistic_regression';
  readonly featureNames: readonly string[];
  /** Ascending. */
  readonly classes: readonly number[];
  /** Two classes: one row, for the second class. More: one row per class. Row-major, rows × features. */
  readonly coefficients: Float64Array;
  readonly intercepts: Float64Array;
}

export interface LogisticRegressionInput {
  /** Without missing values: impute first. */
  readonly features: Dataset;
  readonly labels: ArrayLike<number>;
  readonly weights?: ArrayLike<number>;
}

export interface LogisticRegressionOptions {
  /** Inverse strength of the L2 penalty, as scikit-learn's C; default 1. */
  readonly C?: number;
  /** Largest component of the mean gradient (over standardised features) at the end; default 1e-8. */
  readonly tolerance?: number;
  /** Newton steps; default 100. */
  readonly maxIterations?: number;
  /** Called after each step; answering false stops. */
  readonly onIteration?: (progress: { iteration: number; loss: number; gradientNorm: number }) => unknown;
}

export interface LogisticRegressionResult {
  readonly model: LogisticRegressionModel;
  readonly converged: boolean;
  readonly iterations: number;
  readonly gradientNorm: number;
  /** Weighted mean log loss plus the penalty's share. */
  readonly loss: number;
}

/**
 * Minimises ½·|w|² + C · Σ weight · log loss; intercepts are not penalised. Two classes: logistic loss;
 * more: softmax (scikit-learn's lbfgs solver minimises the same). Truncated Newton: each step solves the
 * Newton equation by preconditioned conjugate gradients (Nocedal & Wright 2006, algorithm 7.1) and backtracks.
 * Features are standardised inside, with the penalty carried over, so their scale does not matter to convergence.
 * Deterministic: there is no randomness in it.
 * @throws MlInputError ROWS_EMPTY, COLUMN_LENGTH_MISMATCH, NON_FINITE_FEATURE, LABELS_NOT_FINITE,
 * LABELS_NOT_INTEGER, LABELS_ONE_CLASS, WEIGHTS_INVALID, OPTION_INVALID
 */
export function trainLogisticRegression(
  input: LogisticRegressionInput,
  options: LogisticRegressionOptions = {},
): LogisticRegressionResult {
  const { C = 1, tolerance = 1e-8, maxIterations = 100 } = options;
  requirePositive('C', C);
  requirePositive('tolerance', tolerance);
  requirePositive('maxIterations', maxIterations);
  const { features } = input;
  checkDataset(features, 'refuse');
  if (input.weights) checkWeights(input.weights, features.rows);
  const { classes, codes } = encodeClasses(input.labels, features.rows);
  const objective = createLogisticObjective(features, codes, classes.length, input.weights ?? null, C);

  const x = new Float64Array(objective.size);
  const gradient = new Float64Array(objective.size);
  let loss = objective.evaluate(x, gradient);
  let gradientNorm = largest(gradient);
  let iterations = 0;
  while (gradientNorm > tolerance && iterations < maxIterations) {
    const step = newtonStep(objective, gradient, gradientNorm);
    const moved = backtrack(objective, x, step, gradient, loss);
    if (moved === null) break; // no descent left within float64
    loss = moved;
    gradientNorm = largest(gradient);
    iterations++;
    if (options.onIteration?.({ iteration: iterations, loss, gradientNorm }) === false) break;
  }
  const { coefficients, intercepts } = objective.unscale(x);
  return {
    model: {
      kind: 'logistic_regression',
      featureNames: [...features.names],
      classes,
      coefficients,
      intercepts,
    },
    converged: gradientNorm <= tolerance,
    iterations,
    gradientNorm,
    loss,
  };
}

function requirePositive(name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new MlInputError('OPTION_INVALID', `${name} is ${value}; it must be a number above 0.`);
}

/** Conjugate gradients for H·step = −gradient, preconditioned by the diagonal of H. */
function newtonStep(
  objective: LogisticObjective,
  gradient: Float64Array,
  gradientNorm: number,
): Float64Array {
  const size = gradient.length;
  const diagonal = objective.hessianDiagonal();
  const step = new Float64Array(size);
  const residual = gradient.map((g) => -g);
  const preconditioned = residual.map((r, i) => r / (diagonal[i] as number));
  const direction = preconditioned.slice();
  let rz = dot(residual, preconditioned);
  // Forcing term that makes the outer steps converge superlinearly, then quadratically.
  const target = Math.min(0.1, Math.sqrt(gradientNorm)) ** 2 * rz;
  for (let i = 0; i < 2 * size + 20 && rz > target * 1e-2; i++) {
    const product = objective.hessianTimes(direction);
    const curvature = dot(direction, product);
    if (!(curvature > 0)) break;
    const alpha = rz / curvature;
    for (let j = 0; j < size; j++) {
      step[j] = (step[j] as number) + alpha * (direction[j] as number);
      residual[j] = (residual[j] as number) - alpha * (product[j] as number);
      preconditioned[j] = (residual[j] as number) / (diagonal[j] as number);
    }
    const next = dot(residual, preconditioned);
    const beta = next / rz;
    rz = next;
    for (let j = 0; j < size; j++)
      direction[j] = (preconditioned[j] as number) + beta * (direction[j] as number);
  }
  return step;
}

/** Halves the step until the loss falls (Armijo); moves x and refreshes the gradient. null: it never does. */
function backtrack(
  objective: LogisticObjective,
  x: Float64Array,
  step: Float64Array,
  gradient: Float64Array,
  loss: number,
): number | null {
  const slope = dot(step, gradient);
  if (!(slope < 0)) return null;
  const from = x.slice();
  for (let scale = 1; scale > 1e-10; scale /= 2) {
    for (let j = 0; j < x.length; j++) x[j] = (from[j] as number) + scale * (step[j] as number);
    const next = objective.evaluate(x, gradient);
    // The slack lets the last steps through, whose descent drowns in rounding.
    if (next <= loss + 1e-4 * scale * slope + 1e-14 * Math.abs(loss)) return next;
  }
  x.set(from);
  objective.evaluate(x, gradient);
  return null;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function largest(values: Float64Array): number {
  let result = 0;
  for (const value of values) result = Math.max(result, Math.abs(value));
  return result;
}
