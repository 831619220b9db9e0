import {
  requireBinaryLabels,
  requireProbabilities,
  requireRows,
  requireSameLength,
  requireWeights,
  type Values,
} from '../numeric-values.ts';

const EPSILON = 2 ** -52;

/**
 * Mean negative log-likelihood of 0/1 labels; probabilities are clipped to [eps, 1 - eps], eps = 2^-52.
 * @throws MlInputError on unequal lengths, no rows, labels other than 0 and 1, probabilities outside [0, 1]
 */
export function logLoss(yTrue: Values, probability: Values, weight?: Values): number {
  requireProbabilityRows(yTrue, probability, weight);
  return weightedMean(yTrue.length, weight, (i) => rowLogLoss(yTrue[i] ?? 0, probability[i] ?? 0));
}

/** Mean squared difference of label and probability (0 best, 1 worst). */
export function brierScore(yTrue: Values, probability: Values, weight?: Values): number {
  requireProbabilityRows(yTrue, probability, weight);
  return weightedMean(yTrue.length, weight, (i) => ((yTrue[i] ?? 0) - (probability[i] ?? 0)) ** 2);
}

/**
 * Share of the log loss of the base rate that the model removes: 1 - loss / loss of predicting the base rate. Null
 * with fewer than two rows. With one class only the base-rate loss is the clip's own 2^-52, so the share is huge and
 * negative.
 */
export function logLossSkill(yTrue: Values, probability: Values, weight?: Values): number | null {
  if (yTrue.length < 2) return null;
  requireProbabilityRows(yTrue, probability, weight);
  const baseRate = weightedMean(yTrue.length, weight, (i) => yTrue[i] ?? 0);
  const baseline = weightedMean(yTrue.length, weight, (i) => rowLogLoss(yTrue[i] ?? 0, baseRate));
  return 1 - logLoss(yTrue, probability, weight) / baseline;
}

/** The clipped loss of one row. */
export function rowLogLoss(label: number, probability: number): number {
  const clipped = Math.min(1 - EPSILON, Math.max(EPSILON, probability));
  return -Math.log(label === 1 ? clipped : 1 - clipped);
}

function requireProbabilityRows(yTrue: Values, probability: Values, weight: Values | undefined): void {
  requireSameLength(yTrue, probability, 'yTrue and probability');
  requireRows(yTrue, 'yTrue');
  requireBinaryLabels(yTrue);
  requireProbabilities(probability, 'probability');
  if (weight !== undefined) requireWeights(weight, yTrue.length);
}

function weightedMean(rows: number, weight: Values | undefined, value: (row: number) => number): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const rowWeight = weight === undefined ? 1 : (weight[i] ?? 0);
    if (rowWeight === 0) continue;
    sum += rowWeight * value(i);
    total += rowWeight;
  }
  return sum / total;
}
