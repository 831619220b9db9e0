/** Turns scores into probabilities in place: rows of `width` scores, one behind the other. */
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
