import { exponential } from './exponential.ts';

/**
 * What boosting minimises. Scores are rows × outputs, row-major; `labels` are class codes, or the numbers to
 * predict for regression.
 */
export interface BoostingObjective {
  readonly outputs: number;
  /** The constant scores that start the model. */
  baseScores(labels: ArrayLike<number>, weights: ArrayLike<number> | null): number[];
  /** Gradient and hessian of each row's loss in the score of `output`, times its weight, side by side. */
  derivatives(
    scores: Float64Array,
    labels: ArrayLike<number>,
    weights: ArrayLike<number> | null,
    output: number,
    derivatives: Float64Array,
  ): void;
  /** Weighted mean loss. */
  loss(scores: Float64Array, labels: ArrayLike<number>, weights: ArrayLike<number> | null): number;
}

/** Log loss of two classes; the score is the log-odds of the second. */
export const binaryLogLoss: BoostingObjective = {
  outputs: 1,
  baseScores(labels, weights) {
    const [zeros = 0, ones = 0] = classWeights(labels, weights, 2);
    return [Math.log(ones / zeros)];
  },
  derivatives(scores, labels, weights, _output, derivatives) {
    for (let row = 0; row < scores.length; row++) {
      const p = 1 / (1 + exponential(-(scores[row] as number)));
      const weight = weights === null ? 1 : (weights[row] as number);
      derivatives[2 * row] = (p - (labels[row] as number)) * weight;
      derivatives[2 * row + 1] = p * (1 - p) * weight;
    }
  },
  loss(scores, labels, weights) {
    return weightedMean(scores.length, weights, (row) => {
      const margin = labels[row] === 1 ? (scores[row] as number) : -(scores[row] as number);
      return margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
    });
  },
};

/** Cross entropy of `classes` classes under softmax. */
export function softmaxLoss(classes: number): BoostingObjective {
  // The diagonal of the true Hessian understates the curvature; K/(K-1) is Friedman's (2001) correction.
  const correction = classes / (classes - 1);
  return {
    outputs: classes,
    baseScores(labels, weights) {
      const sums = classWeights(labels, weights, classes);
      const total = sums.reduce((a, b) => a + b, 0);
      return sums.map((sum) => Math.log(sum / total));
    },
    derivatives(scores, labels, weights, output, derivatives) {
      for (let row = 0; row < labels.length; row++) {
        const at = row * classes;
        let sum = 0;
        const own = scores[at + output] as number;
        for (let k = 0; k < classes; k++) sum += exponential((scores[at + k] as number) - own);
        const p = 1 / sum;
        const weight = weights === null ? 1 : (weights[row] as number);
        derivatives[2 * row] = (labels[row] === output ? p - 1 : p) * weight;
        derivatives[2 * row + 1] = correction * p * (1 - p) * weight;
      }
    },
    loss(scores, labels, weights) {
      return weightedMean(labels.length, weights, (row) => {
        const at = row * classes;
        const own = scores[at + (labels[row] as number)] as number;
        let highest = own;
        for (let k = 0; k < classes; k++) highest = Math.max(highest, scores[at + k] as number);
        let sum = 0;
        for (let k = 0; k < classes; k++) sum += Math.exp((scores[at + k] as number) - highest);
        return Math.log(sum) + highest - own;
      });
    },
  };
}

/** Half the squared error. */
export const squaredError: BoostingObjective = {
  outputs: 1,
  baseScores(labels, weights) {
    return [weightedMean(labels.length, weights, (row) => labels[row] as number)];
  },
  derivatives(scores, labels, weights, _output, derivatives) {
    for (let row = 0; row < scores.length; row++) {
      const weight = weights === null ? 1 : (weights[row] as number);
      derivatives[2 * row] = ((scores[row] as number) - (labels[row] as number)) * weight;
      derivatives[2 * row + 1] = weight;
    }
  },
  loss(scores, labels, weights) {
    return weightedMean(scores.length, weights, (row) => {
      const error = (scores[row] as number) - (labels[row] as number);
      return 0.5 * error * error;
    });
  },
};

function classWeights(
  labels: ArrayLike<number>,
  weights: ArrayLike<number> | null,
  classes: number,
): number[] {
  const sums = new Array<number>(classes).fill(0);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    sums[label] = (sums[label] as number) + (weights === null ? 1 : (weights[row] as number));
  }
  // A class whose rows all weigh 0 would start at minus infinity.
  return sums.map((sum) => Math.max(sum, 1e-15));
}

function weightedMean(
  rows: number,
  weights: ArrayLike<number> | null,
  value: (row: number) => number,
): number {
  let sum = 0;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights === null ? 1 : (weights[row] as number);
    sum += weight * value(row);
    total += weight;
  }
  return sum / total;
}
