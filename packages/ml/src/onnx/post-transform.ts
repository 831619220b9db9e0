import { softmax } from '../trainers/softmax.ts';

/** Rewrites rows of `width` scores in place. */
export type ScoreTransform = (scores: Float64Array, width: number) => void;

/** The post_transform attribute of ai.onnx.ml's classifiers and regressors; null for those we do not compute. */
export function postTransform(name: string): ScoreTransform | null {
  if (name === 'NONE') return () => {};
  if (name === 'LOGISTIC') return logistic;
  if (name === 'SOFTMAX') return softmax;
  if (name === 'SOFTMAX_ZERO') return softmaxZero;
  if (name === 'PROBIT') return probit;
  return null;
}

function logistic(scores: Float64Array): void {
  for (let at = 0; at < scores.length; at++) scores[at] = 1 / (1 + Math.exp(-(scores[at] as number)));
}

/** Scores of zero keep their place at zero: they are neither raised nor counted. The rule of ONNX Runtime. */
function softmaxZero(scores: Float64Array, width: number): void {
  for (let start = 0; start < scores.length; start += width) {
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < width; k++) highest = Math.max(highest, scores[start + k] as number);
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const score = scores[start + k] as number;
      const isZero = Math.abs(score) <= zeroScore;
      const power = isZero ? score * Math.exp(-highest) : Math.exp(score - highest);
      scores[start + k] = power;
      if (!isZero) sum += power;
    }
    for (let k = 0; k < width; k++) scores[start + k] = (scores[start + k] as number) / sum;
  }
}

const zeroScore = 1e-7;

/** The quantile of the normal distribution by Winitzki's approximation of the inverse error function, as in ONNX Runtime. */
function probit(scores: Float64Array): void {
  for (let at = 0; at < scores.length; at++) {
    const x = 2 * (scores[at] as number) - 1;
    const log = Math.log((1 - x) * (1 + x));
    const a = 2 / (Math.PI * winitzki) + log / 2;
    scores[at] = Math.SQRT2 * Math.sign(x) * Math.sqrt(Math.sqrt(a * a - log / winitzki) - a);
  }
}

const winitzki = 0.147;
