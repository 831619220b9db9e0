import type { Values } from '../numeric-values.ts';
import { expectedCalibrationError } from './calibration.ts';
import { averagePrecisionOfRanked } from './precision-recall.ts';
import { brierScore, logLoss } from './probability-losses.ts';
import { rankScores } from './ranked-scores.ts';
import { rocAucOfRanked } from './roc.ts';
import { type ThresholdReport, thresholdReport } from './threshold-report.ts';

export interface BinaryClassificationMetrics extends ThresholdReport {
  rows: number;
  /** Sums of weights when weights are given. */
  positives: number;
  negatives: number;
  baseRate: number;
  /** Null when only one class is present. */
  rocAuc: number | null;
  /** Average precision; null without a positive row. */
  prAuc: number | null;
  /** These four are null when a score lies outside [0, 1]; the calibration errors also when weights are given. */
  logLoss: number | null;
  brier: number | null;
  ece: number | null;
  mce: number | null;
}

/**
 * Everything the platform reports of a binary classifier, from labels 0/1 and scores for class 1, sorting once.
 * `threshold` (default 0.5) cuts at score >= threshold; `calibrationBins` (default 10) are of equal width.
 * @throws MlInputError on unequal lengths, no rows, labels other than 0 and 1, non-finite scores, bad weights
 */
export function binaryClassificationMetrics(
  yTrue: Values,
  score: Values,
  options: { threshold?: number; weight?: Values; calibrationBins?: number } = {},
): BinaryClassificationMetrics {
  const { weight } = options;
  const ranked = rankScores(yTrue, score, weight);
  const lowest = ranked.thresholds[ranked.thresholds.length - 1] ?? 0;
  const highest = ranked.thresholds[0] ?? 0;
  const areProbabilities = lowest >= 0 && highest <= 1;
  const calibration =
    areProbabilities && weight === undefined
      ? expectedCalibrationError(yTrue, score, options.calibrationBins ?? 10)
      : null;
  return {
    rows: yTrue.length,
    positives: ranked.positives,
    negatives: ranked.negatives,
    baseRate: ranked.positives / (ranked.positives + ranked.negatives),
    rocAuc: rocAucOfRanked(ranked),
    prAuc: averagePrecisionOfRanked(ranked),
    logLoss: areProbabilities ? logLoss(yTrue, score, weight) : null,
    brier: areProbabilities ? brierScore(yTrue, score, weight) : null,
    ece: calibration?.ece ?? null,
    mce: calibration?.mce ?? null,
    ...thresholdReport(yTrue, score, options.threshold ?? 0.5, weight),
  };
}
