import { MlInputError } from '../ml-input-error.ts';
import {
  requireBinaryLabels,
  requireProbabilities,
  requireRows,
  requireSameLength,
  type Values,
} from '../numeric-values.ts';
import { quantileOfSorted } from '../statistics/histograms.ts';
import { countBelow, sortedCopy } from '../statistics/sample.ts';

export interface CalibrationError {
  /** Expected calibration error: gaps of mean label and mean probability, weighted by the bins' shares. */
  ece: number;
  /** The largest gap of any bin. */
  mce: number;
  binCounts: Float64Array;
}

/**
 * Calibration error over equal-width bins, bin = min(floor(p * bins), bins - 1).
 * @throws MlInputError on unequal lengths, no rows, labels other than 0 and 1, probabilities outside [0, 1]
 */
export function expectedCalibrationError(yTrue: Values, probability: Values, bins = 10): CalibrationError {
  requireCalibrationRows(yTrue, probability, bins);
  const counts = new Float64Array(bins);
  const labels = new Float64Array(bins);
  const scores = new Float64Array(bins);
  for (let i = 0; i < yTrue.length; i++) {
    const p = probability[i] ?? 0;
    const bin = Math.min(Math.floor(p * bins), bins - 1);
    counts[bin] = (counts[bin] ?? 0) + 1;
    labels[bin] = (labels[bin] ?? 0) + (yTrue[i] ?? 0);
    scores[bin] = (scores[bin] ?? 0) + p;
  }
  let ece = 0;
  let mce = 0;
  for (let b = 0; b < bins; b++) {
    const count = counts[b] ?? 0;
    if (count === 0) continue;
    const gap = Math.abs((labels[b] ?? 0) / count - (scores[b] ?? 0) / count);
    ece += (gap * count) / yTrue.length;
    mce = Math.max(mce, gap);
  }
  return { ece, mce, binCounts: counts };
}

export interface CalibrationCurve {
  /** Share of positives and mean probability of each non-empty bin, low bins first, and its rows. */
  observed: number[];
  predicted: number[];
  counts: number[];
}

/**
 * Reliability curve. `uniform` bins have equal width, `quantile` bins (linear interpolation) about equal counts; a
 * probability equal to an inner edge belongs to the bin below. Empty bins are left out.
 * @throws MlInputError as `expectedCalibrationError`
 */
export function calibrationCurve(
  yTrue: Values,
  probability: Values,
  options: { bins?: number; strategy?: 'uniform' | 'quantile' } = {},
): CalibrationCurve {
  const bins = options.bins ?? 5;
  requireCalibrationRows(yTrue, probability, bins);
  const inner = options.strategy === 'quantile' ? quantileEdges(probability, bins) : uniformEdges(bins);
  const counts = new Float64Array(bins);
  const labels = new Float64Array(bins);
  const scores = new Float64Array(bins);
  for (let i = 0; i < yTrue.length; i++) {
    const p = probability[i] ?? 0;
    const bin = countBelow(inner, p);
    counts[bin] = (counts[bin] ?? 0) + 1;
    labels[bin] = (labels[bin] ?? 0) + (yTrue[i] ?? 0);
    scores[bin] = (scores[bin] ?? 0) + p;
  }
  const curve: CalibrationCurve = { observed: [], predicted: [], counts: [] };
  for (let b = 0; b < bins; b++) {
    const count = counts[b] ?? 0;
    if (count === 0) continue;
    curve.observed.push((labels[b] ?? 0) / count);
    curve.predicted.push((scores[b] ?? 0) / count);
    curve.counts.push(count);
  }
  return curve;
}

function uniformEdges(bins: number): Float64Array {
  const edges = new Float64Array(bins - 1);
  const step = 1 / bins;
  for (let k = 1; k < bins; k++) edges[k - 1] = k * step;
  return edges;
}

function quantileEdges(probability: Values, bins: number): Float64Array {
  const sorted = sortedCopy(probability);
  const edges = new Float64Array(bins - 1);
  const step = 1 / bins;
  // In percents and back, as the reference definition rounds.
  for (let k = 1; k < bins; k++) edges[k - 1] = quantileOfSorted(sorted, (k * step * 100) / 100);
  return edges;
}

function requireCalibrationRows(yTrue: Values, probability: Values, bins: number): void {
  if (!Number.isInteger(bins) || bins < 1) {
    throw new MlInputError('BINS_INVALID', `bins is ${bins}; at least one whole bin`);
  }
  requireSameLength(yTrue, probability, 'yTrue and probability');
  requireRows(yTrue, 'yTrue');
  requireBinaryLabels(yTrue);
  requireProbabilities(probability, 'probability');
}
