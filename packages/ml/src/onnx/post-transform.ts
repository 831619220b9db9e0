/** Rewrites rows of `width` scores in place. */
export type ScoreTransform = (scores: Float64Array, width: number) => void;

/** The post_transform attribute of ai.onnx.ml's classifiers and regressors; null for those we do not compute. */
export function postTransform(name: string): ScoreTransform | null {
  if (name === 'NONE') return () => {};
  if (name === 'LOGISTIC') return logistic;
  if (name === 'SOFTMAX') return softmax;
  return null;
}

function logistic(scores: Float64Array): void {
  for (let at = 0; at < scores.length; at++) scores[at] = 1 / (1 + Math.exp(-(scores[at] as number)));
}

export function softmax(scores: Float64Array, width: number): void {
  for (let start = 0; start < scores.length; start += width) {
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < width; k++) highest = Math.max(highest, scores[start + k] as number);
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const power = Math.exp((scores[start + k] as number) - highest);
      scores[start + k] = power;
      sum += power;
    }
    for (let k = 0; k < width; k++) scores[start + k] = (scores[start + k] as number) / sum;
  }
}
