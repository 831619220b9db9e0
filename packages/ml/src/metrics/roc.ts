import { MlInputError } from '../ml-input-error.ts';
import type { Values } from '../numeric-values.ts';
import { type RankedScores, rankScores } from './ranked-scores.ts';

export interface RocCurve {
  falsePositiveRate: Float64Array;
  truePositiveRate: Float64Array;
  /** First entry Infinity: the corner where nothing is predicted positive. */
  thresholds: Float64Array;
}

/**
 * Area under the ROC curve; ties count half. Null when only one class is present. `maxFpr` gives the partial area up
 * to that false positive rate, standardised to 0.5 … 1 (McClish 1989).
 * @throws MlInputError on unequal lengths, no rows, labels other than 0 and 1, non-finite scores, bad weights
 */
export function rocAuc(
  yTrue: Values,
  score: Values,
  options: { weight?: Values; maxFpr?: number } = {},
): number | null {
  const ranked = rankScores(yTrue, score, options.weight);
  const maxFpr = options.maxFpr ?? 1;
  if (!(maxFpr > 0 && maxFpr <= 1)) {
    throw new MlInputError('MAX_FPR_OUT_OF_RANGE', `maxFpr is ${maxFpr}; it lies in (0, 1]`);
  }
  if (maxFpr === 1) return rocAucOfRanked(ranked);
  const area = partialArea(ranked, maxFpr);
  if (area === null) return null;
  const chance = 0.5 * maxFpr * maxFpr;
  return 0.5 * (1 + (area - chance) / (maxFpr - chance));
}

/** The same from an already ranked table. */
export function rocAucOfRanked(ranked: RankedScores): number | null {
  return partialArea(ranked, 1);
}

function partialArea(ranked: RankedScores, maxFpr: number): number | null {
  const { truePositives, falsePositives, positives, negatives } = ranked;
  if (positives === 0 || negatives === 0) return null;
  let area = 0;
  let lastFpr = 0;
  let lastTpr = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const fpr = (falsePositives[i] ?? 0) / negatives;
    const tpr = (truePositives[i] ?? 0) / positives;
    if (fpr > maxFpr) {
      const atLimit = lastTpr + ((tpr - lastTpr) * (maxFpr - lastFpr)) / (fpr - lastFpr);
      return area + (maxFpr - lastFpr) * 0.5 * (lastTpr + atLimit);
    }
    area += (fpr - lastFpr) * 0.5 * (lastTpr + tpr);
    lastFpr = fpr;
    lastTpr = tpr;
  }
  return area;
}

/** Every point of the ROC curve, from (0, 0) on, none dropped. Rates are NaN when their class is absent. */
export function rocCurve(yTrue: Values, score: Values, weight?: Values): RocCurve {
  const ranked = rankScores(yTrue, score, weight);
  const points = ranked.thresholds.length + 1;
  const curve = {
    falsePositiveRate: new Float64Array(points),
    truePositiveRate: new Float64Array(points),
    thresholds: new Float64Array(points),
  };
  curve.thresholds[0] = Infinity;
  if (ranked.negatives === 0) curve.falsePositiveRate[0] = Number.NaN;
  if (ranked.positives === 0) curve.truePositiveRate[0] = Number.NaN;
  for (let i = 1; i < points; i++) {
    curve.falsePositiveRate[i] = (ranked.falsePositives[i - 1] ?? 0) / ranked.negatives;
    curve.truePositiveRate[i] = (ranked.truePositives[i - 1] ?? 0) / ranked.positives;
    curve.thresholds[i] = ranked.thresholds[i - 1] ?? 0;
  }
  return curve;
}
