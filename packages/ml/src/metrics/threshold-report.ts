import {
  requireBinaryLabels,
  requireNumbers,
  requireRows,
  requireSameLength,
  requireWeights,
  type Values,
} from '../numeric-values.ts';

interface BinaryConfusion {
  tn: number;
  fp: number;
  fn: number;
  tp: number;
}

export interface ThresholdReport {
  threshold: number;
  confusion: BinaryConfusion;
  accuracy: number;
  /** Each null when its denominator is zero. */
  precision: number | null;
  recall: number | null;
  specificity: number | null;
  balancedAccuracy: number | null;
  f1: number | null;
  mcc: number | null;
}

/**
 * What a cut at `threshold` does: a row is predicted positive when score >= threshold.
 * @throws MlInputError on unequal lengths, no rows, labels other than 0 and 1, NaN scores, bad weights
 */
export function thresholdReport(
  yTrue: Values,
  score: Values,
  threshold: number,
  weight?: Values,
): ThresholdReport {
  requireSameLength(yTrue, score, 'yTrue and score');
  requireRows(yTrue, 'yTrue');
  requireBinaryLabels(yTrue);
  requireNumbers(score, 'score');
  if (weight !== undefined) requireWeights(weight, yTrue.length);
  const confusion = { tn: 0, fp: 0, fn: 0, tp: 0 };
  for (let i = 0; i < yTrue.length; i++) {
    const rowWeight = weight === undefined ? 1 : (weight[i] ?? 0);
    const predicted = (score[i] ?? 0) >= threshold;
    if (yTrue[i] === 1) {
      if (predicted) confusion.tp += rowWeight;
      else confusion.fn += rowWeight;
    } else if (predicted) confusion.fp += rowWeight;
    else confusion.tn += rowWeight;
  }
  return reportOfConfusion(confusion, threshold);
}

/** The scores of one 2 x 2 table. */
function reportOfConfusion(confusion: BinaryConfusion, threshold: number): ThresholdReport {
  const { tn, fp, fn, tp } = confusion;
  const recall = quotient(tp, tp + fn);
  const specificity = quotient(tn, tn + fp);
  return {
    threshold,
    confusion,
    accuracy: (tp + tn) / (tp + tn + fp + fn),
    precision: quotient(tp, tp + fp),
    recall,
    specificity,
    balancedAccuracy: recall === null || specificity === null ? null : (recall + specificity) / 2,
    f1: quotient(2 * tp, 2 * tp + fp + fn),
    mcc: quotient(
      tp * tn - fp * fn,
      Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn),
    ),
  };
}

function quotient(numerator: number, denominator: number): number | null {
  return denominator === 0 ? null : numerator / denominator;
}
