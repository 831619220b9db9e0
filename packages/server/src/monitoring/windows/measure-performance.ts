import type { PerformanceMetric } from '@esteira/contracts';
import type * as Ml from '@esteira/ml';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');

/** Labels (0 or 1, or numbers for `mae` and `rmse`) and scores of the same rows. */
export interface LabelledScores {
  readonly labels: Float64Array;
  readonly scores: Float64Array;
}

export interface MeasuredPerformance {
  /** Null when the metric is not defined on these rows: no row, or one class only. */
  readonly value: number | null;
  /** Bootstrap interval at 95 %. */
  readonly lower: number | null;
  readonly upper: number | null;
}

const resamples = 200;
// The work of a resample grows with its rows; beyond this the interval is scaled instead.
const mostResampledRows = 10_000;
const tail = 0.025;

/** Whether more is better. */
export function isMaximized(metric: PerformanceMetric): boolean {
  return metric !== 'log_loss' && metric !== 'brier' && metric !== 'mae' && metric !== 'rmse';
}

/** Whether the metric is one of numbers rather than of two classes. */
export function isRegressionMetric(metric: PerformanceMetric): boolean {
  return metric === 'mae' || metric === 'rmse';
}

/**
 * The metric with a percentile bootstrap interval. With more than 10,000 rows the resamples have 10,000 (m out of n
 * bootstrap, Bickel, Götze & van Zwet 1997), and the interval is narrowed by the square root of the ratio.
 */
export function measurePerformance(
  metric: PerformanceMetric,
  { labels, scores }: LabelledScores,
  threshold: number,
): MeasuredPerformance {
  const rows = labels.length;
  const value = metricOf(metric, labels, scores, threshold);
  if (value === null) return { value, lower: null, upper: null };
  const random = ml().createRandom(1);
  const size = Math.min(rows, mostResampledRows);
  const drawnLabels = new Float64Array(size);
  const drawnScores = new Float64Array(size);
  const differences: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    for (let row = 0; row < size; row++) {
      const drawn = random.integer(rows);
      drawnLabels[row] = labels[drawn] ?? 0;
      drawnScores[row] = scores[drawn] ?? 0;
    }
    const again = metricOf(metric, drawnLabels, drawnScores, threshold);
    if (again !== null) differences.push((again - value) * Math.sqrt(size / rows));
  }
  if (differences.length < resamples / 2) return { value, lower: null, upper: null };
  differences.sort((a, b) => a - b);
  const at = (share: number): number => differences[Math.round(share * (differences.length - 1))] ?? 0;
  return { value, lower: value + at(tail), upper: value + at(1 - tail) };
}

/**
 * What the metric would be if the scores were calibrated probabilities (confidence-based estimation: each row counts as a
 * positive with its score and as a negative with the rest). Method `cbpe.as_calibrated.v1`; null for numbers, and where a
 * score is no probability.
 */
export function estimatePerformance(
  metric: PerformanceMetric,
  scores: Float64Array,
  threshold: number,
): number | null {
  if (isRegressionMetric(metric) || scores.some((score) => !(score >= 0 && score <= 1))) return null;
  const rows = scores.length;
  const labels = new Float64Array(2 * rows).fill(1, 0, rows);
  const twice = new Float64Array(2 * rows);
  twice.set(scores);
  twice.set(scores, rows);
  const weights = Float64Array.from(twice, (score, row) => (row < rows ? score : 1 - score));
  return metricOf(metric, labels, twice, threshold, weights);
}

function metricOf(
  metric: PerformanceMetric,
  labels: Float64Array,
  scores: Float64Array,
  threshold: number,
  weight?: Float64Array,
): number | null {
  if (labels.length === 0) return null;
  const weighted = weight ? { weight } : {};
  switch (metric) {
    case 'pr_auc':
      return ml().averagePrecision(labels, scores, weighted);
    case 'roc_auc':
      return ml().rocAuc(labels, scores, weighted);
    case 'log_loss':
      return ml().logLoss(labels, scores, weight);
    case 'brier':
      return ml().brierScore(labels, scores, weight);
    case 'mae':
      return ml().regressionMetrics(labels, scores, weight).mae;
    case 'rmse':
      return ml().regressionMetrics(labels, scores, weight).rmse;
    default:
      return ml().thresholdReport(labels, scores, threshold, weight)[metric];
  }
}
