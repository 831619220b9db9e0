/**
 * Decision trees in one shape, whether trained here or read from an ONNX graph. A row starts at node 0; at
 * an inner node it goes left where `value <= threshold` (or the value is missing and `missingLeft` is 1).
 */
export interface Tree {
  /** The leaf's values are added to the outputs firstOutput … firstOutput + width - 1. */
  readonly firstOutput: number;
  readonly width: number;
  /** -1 marks a leaf. */
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly missingLeft: Uint8Array;
  /** nodes × width; 0 at inner nodes. */
  readonly values: Float64Array;
  /** Training rows per node; empty where unknown. */
  readonly cover: Float64Array;
  /** Gain of each inner node's split; empty where unknown. */
  readonly gain: Float64Array;
}

export interface TreeEnsemble {
  readonly features: number;
  readonly outputs: number;
  readonly baseScores: readonly number[];
  readonly trees: readonly Tree[];
}

/**
 * Raw scores (before sigmoid or softmax), rows × outputs, row-major. Columns are compared as float32.
 */
export function ensembleScores(
  ensemble: TreeEnsemble,
  columns: readonly (Float32Array | Float64Array)[],
  rows: number,
): Float64Array {
  const { outputs, baseScores } = ensemble;
  const scores = new Float64Array(rows * outputs);
  for (let o = 0; o < outputs; o++) {
    const base = baseScores[o] ?? 0;
    for (let at = o; at < scores.length; at += outputs) scores[at] = base;
  }
  const float32 = columns.map((column) =>
    column instanceof Float32Array ? column : Float32Array.from(column),
  );
  for (const tree of ensemble.trees) addTreeScores(tree, float32, rows, scores, outputs);
  return scores;
}

/** Adds one tree's answers to `scores` (rows × outputs). */
export function addTreeScores(
  tree: Tree,
  columns: readonly Float32Array[],
  rows: number,
  scores: Float64Array,
  outputs: number,
): void {
  const { feature, threshold, left, right, missingLeft, values, width, firstOutput } = tree;
  for (let row = 0; row < rows; row++) {
    let node = 0;
    for (;;) {
      const f = feature[node] as number;
      if (f < 0) break;
      const value = (columns[f] as Float32Array)[row] as number;
      const goesLeft =
        value <= (threshold[node] as number) || (missingLeft[node] === 1 && Number.isNaN(value));
      node = (goesLeft ? left[node] : right[node]) as number;
    }
    const at = row * outputs + firstOutput;
    for (let k = 0; k < width; k++)
      scores[at + k] = (scores[at + k] as number) + (values[node * width + k] as number);
  }
}
