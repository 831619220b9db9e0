import { MlInputError } from '../ml-input-error.ts';
import {
  requireFinite,
  requireRows,
  requireSameLength,
  requireWeights,
  type Values,
} from '../numeric-values.ts';
import { averagedWeightedPercentile } from './weighted-percentile.ts';

const EPSILON = 2 ** -52;

export interface RegressionMetrics {
  rows: number;
  mae: number;
  mse: number;
  rmse: number;
  /** Null with fewer than two rows. */
  r2: number | null;
  /** As a share, not percent; rows with a true value of 0 divide by 2^-52. */
  mape: number;
  medianAbsoluteError: number;
  explainedVariance: number | null;
  maxError: number;
}

/**
 * The platform's usual regression scores.
 * @throws MlInputError on unequal lengths, no rows, values that are not finite, bad weights; so do all functions here
 */
export function regressionMetrics(yTrue: Values, yPred: Values, weight?: Values): RegressionMetrics {
  const mse = meanSquaredError(yTrue, yPred, weight);
  return {
    rows: yTrue.length,
    mae: meanAbsoluteError(yTrue, yPred, weight),
    mse,
    rmse: Math.sqrt(mse),
    r2: rSquared(yTrue, yPred, weight),
    mape: meanAbsolutePercentageError(yTrue, yPred, weight),
    medianAbsoluteError: medianAbsoluteError(yTrue, yPred, weight),
    explainedVariance: explainedVariance(yTrue, yPred, weight),
    maxError: maxError(yTrue, yPred),
  };
}

export function meanAbsoluteError(yTrue: Values, yPred: Values, weight?: Values): number {
  return meanOverRows(yTrue, yPred, weight, (y, p) => Math.abs(y - p));
}

export function meanSquaredError(yTrue: Values, yPred: Values, weight?: Values): number {
  return meanOverRows(yTrue, yPred, weight, (y, p) => (y - p) ** 2);
}

export function rootMeanSquaredError(yTrue: Values, yPred: Values, weight?: Values): number {
  return Math.sqrt(meanSquaredError(yTrue, yPred, weight));
}

/** Mean of |error| / max(|true|, 2^-52), as a share. */
export function meanAbsolutePercentageError(yTrue: Values, yPred: Values, weight?: Values): number {
  return meanOverRows(yTrue, yPred, weight, (y, p) => Math.abs(y - p) / Math.max(Math.abs(y), EPSILON));
}

/** Mean of (ln(1 + true) - ln(1 + predicted))^2. @throws MlInputError `VALUE_OUT_OF_RANGE` for values <= -1 */
export function meanSquaredLogError(yTrue: Values, yPred: Values, weight?: Values): number {
  requireAbove(yTrue, yPred, -1, -1);
  return meanOverRows(yTrue, yPred, weight, (y, p) => (Math.log1p(y) - Math.log1p(p)) ** 2);
}

/** Pinball loss at quantile `alpha` (0.5: half the absolute error). */
export function pinballLoss(yTrue: Values, yPred: Values, alpha: number, weight?: Values): number {
  if (!(alpha >= 0 && alpha <= 1)) throw new MlInputError('ALPHA_OUT_OF_RANGE', `alpha is ${alpha}`);
  return meanOverRows(yTrue, yPred, weight, (y, p) => (y >= p ? alpha * (y - p) : (1 - alpha) * (p - y)));
}

/** Mean Poisson deviance. @throws MlInputError `VALUE_OUT_OF_RANGE` unless true >= 0 and predicted > 0 */
export function poissonDeviance(yTrue: Values, yPred: Values, weight?: Values): number {
  requireAbove(yTrue, yPred, -Number.MIN_VALUE, 0);
  return meanOverRows(yTrue, yPred, weight, (y, p) => 2 * ((y === 0 ? 0 : y * Math.log(y / p)) - y + p));
}

/** Mean gamma deviance. @throws MlInputError `VALUE_OUT_OF_RANGE` unless both are > 0 */
export function gammaDeviance(yTrue: Values, yPred: Values, weight?: Values): number {
  requireAbove(yTrue, yPred, 0, 0);
  return meanOverRows(yTrue, yPred, weight, (y, p) => 2 * (Math.log(p / y) + y / p - 1));
}

/** Largest absolute error. */
export function maxError(yTrue: Values, yPred: Values): number {
  requireRegressionRows(yTrue, yPred, undefined);
  let largest = 0;
  for (let i = 0; i < yTrue.length; i++) {
    largest = Math.max(largest, Math.abs((yTrue[i] ?? 0) - (yPred[i] ?? 0)));
  }
  return largest;
}

/** Median of the absolute errors; weighted, the mean of the lower and the upper weighted median. */
export function medianAbsoluteError(yTrue: Values, yPred: Values, weight?: Values): number {
  requireRegressionRows(yTrue, yPred, weight);
  const errors = new Float64Array(yTrue.length);
  for (let i = 0; i < errors.length; i++) errors[i] = Math.abs((yTrue[i] ?? 0) - (yPred[i] ?? 0));
  return averagedWeightedPercentile(errors, weight, 0.5);
}

/** Coefficient of determination. Null with fewer than two rows; a constant truth gives 1 if perfect, else 0. */
export function rSquared(yTrue: Values, yPred: Values, weight?: Values): number | null {
  requireRegressionRows(yTrue, yPred, weight);
  if (yTrue.length < 2) return null;
  const center = weightedMean(yTrue, weight);
  let residual = 0;
  let spread = 0;
  for (let i = 0; i < yTrue.length; i++) {
    const w = weight === undefined ? 1 : (weight[i] ?? 0);
    const y = yTrue[i] ?? 0;
    residual += w * (y - (yPred[i] ?? 0)) ** 2;
    spread += w * (y - center) ** 2;
  }
  return explainedShare(residual, spread);
}

/** 1 - variance of the error / variance of the truth; a constant truth gives 1 if the error is constant, else 0. */
export function explainedVariance(yTrue: Values, yPred: Values, weight?: Values): number | null {
  requireRegressionRows(yTrue, yPred, weight);
  const errors = new Float64Array(yTrue.length);
  for (let i = 0; i < errors.length; i++) errors[i] = (yTrue[i] ?? 0) - (yPred[i] ?? 0);
  const errorCenter = weightedMean(errors, weight);
  const center = weightedMean(yTrue, weight);
  let residual = 0;
  let spread = 0;
  for (let i = 0; i < errors.length; i++) {
    const w = weight === undefined ? 1 : (weight[i] ?? 0);
    residual += w * ((errors[i] ?? 0) - errorCenter) ** 2;
    spread += w * ((yTrue[i] ?? 0) - center) ** 2;
  }
  return explainedShare(residual, spread);
}

/** Share of the absolute error of the (weighted) median that the model removes; null with fewer than two rows. */
export function absoluteErrorSkill(yTrue: Values, yPred: Values, weight?: Values): number | null {
  requireRegressionRows(yTrue, yPred, weight);
  if (yTrue.length < 2) return null;
  const median = averagedWeightedPercentile(yTrue, weight, 0.5);
  const baseline = new Float64Array(yTrue.length).fill(median);
  return explainedShare(meanAbsoluteError(yTrue, yPred, weight), meanAbsoluteError(yTrue, baseline, weight));
}

function explainedShare(residual: number, spread: number): number | null {
  if (spread === 0) return residual === 0 ? 1 : 0;
  const share = 1 - residual / spread;
  return Number.isNaN(share) ? null : share;
}

function meanOverRows(
  yTrue: Values,
  yPred: Values,
  weight: Values | undefined,
  loss: (y: number, p: number) => number,
): number {
  requireRegressionRows(yTrue, yPred, weight);
  let sum = 0;
  let total = 0;
  for (let i = 0; i < yTrue.length; i++) {
    const w = weight === undefined ? 1 : (weight[i] ?? 0);
    sum += w * loss(yTrue[i] ?? 0, yPred[i] ?? 0);
    total += w;
  }
  return sum / total;
}

function weightedMean(values: Values, weight: Values | undefined): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const w = weight === undefined ? 1 : (weight[i] ?? 0);
    sum += w * (values[i] ?? 0);
    total += w;
  }
  return sum / total;
}

function requireRegressionRows(yTrue: Values, yPred: Values, weight: Values | undefined): void {
  requireSameLength(yTrue, yPred, 'yTrue and yPred');
  requireRows(yTrue, 'yTrue');
  requireFinite(yTrue, 'yTrue');
  requireFinite(yPred, 'yPred');
  if (weight !== undefined) requireWeights(weight, yTrue.length);
}

function requireAbove(yTrue: Values, yPred: Values, trueAbove: number, predictedAbove: number): void {
  for (const [name, values, bound] of [
    ['yTrue', yTrue, trueAbove],
    ['yPred', yPred, predictedAbove],
  ] as const) {
    for (let i = 0; i < values.length; i++) {
      if ((values[i] ?? 0) <= bound) {
        throw new MlInputError('VALUE_OUT_OF_RANGE', `${name}[${i}] is ${String(values[i])}`);
      }
    }
  }
}
