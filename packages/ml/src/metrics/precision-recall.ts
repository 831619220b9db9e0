import type { Values } from '../numeric-values.ts';
import { type RankedScores, rankScores } from './ranked-scores.ts';

export interface PrecisionRecallCurve {
  /** Ascending thresholds' precision and recall, closed by the point (precision 1, recall 0). */
  precision: Float64Array;
  recall: Float64Array;
  /** Ascending; one shorter than the other two. */
  thresholds: Float64Array;
}

/**
 * Average precision, the step-wise area sum (R_n - R_{n-1}) P_n. Without any positive row recall is undefined: null,
 * or `whenNoPositives` when given (0 is a common convention).
 * @throws MlInputError on unequal lengths, no rows, labels other than 0 and 1, non-finite scores, bad weights
 */
export function averagePrecision(
  yTrue: Values,
  score: Values,
  options: { weight?: Values; whenNoPositives?: number } = {},
): number | null {
  return (
    averagePrecisionOfRanked(rankScores(yTrue, score, options.weight)) ?? options.whenNoPositives ?? null
  );
}

/** The same from an already ranked table. */
export function averagePrecisionOfRanked(ranked: RankedScores): number | null {
  if (ranked.positives === 0) return null;
  let area = 0;
  let before = 0;
  for (let i = 0; i < ranked.truePositives.length; i++) {
    const tp = ranked.truePositives[i] ?? 0;
    if (tp !== before) area += ((tp - before) * tp) / (tp + (ranked.falsePositives[i] ?? 0));
    before = tp;
  }
  return area / ranked.positives;
}

/** Every point of the precision–recall curve, none dropped. Without any positive row recall is 1 throughout. */
export function precisionRecallCurve(yTrue: Values, score: Values, weight?: Values): PrecisionRecallCurve {
  const ranked = rankScores(yTrue, score, weight);
  const points = ranked.thresholds.length;
  const curve = {
    precision: new Float64Array(points + 1),
    recall: new Float64Array(points + 1),
    thresholds: new Float64Array(points),
  };
  for (let i = 0; i < points; i++) {
    const from = points - 1 - i;
    const tp = ranked.truePositives[from] ?? 0;
    const predicted = tp + (ranked.falsePositives[from] ?? 0);
    curve.precision[i] = predicted === 0 ? 0 : tp / predicted;
    curve.recall[i] = ranked.positives === 0 ? 1 : tp / ranked.positives;
    curve.thresholds[i] = ranked.thresholds[from] ?? 0;
  }
  curve.precision[points] = 1;
  return curve;
}

/** Area under the precision–recall curve by trapezoids: optimistic between points; prefer `averagePrecision`. */
export function precisionRecallTrapezoid(yTrue: Values, score: Values, weight?: Values): number {
  const { precision, recall } = precisionRecallCurve(yTrue, score, weight);
  let area = 0;
  for (let i = 1; i < recall.length; i++) {
    area += ((recall[i - 1] ?? 0) - (recall[i] ?? 0)) * 0.5 * ((precision[i] ?? 0) + (precision[i - 1] ?? 0));
  }
  return area;
}
