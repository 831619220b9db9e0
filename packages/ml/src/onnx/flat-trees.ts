import type { TreeEnsemble } from '../trainers/tree-ensemble.ts';

/**
 * All trees of an ensemble in a few arrays, for scoring a handful of rows quickly: siblings stand side by side, so a node
 * needs one child index; what decides where a row goes lies next to it in memory.
 */
export interface FlatTrees {
  /** Where each tree starts in `nodes`. */
  readonly roots: Int32Array;
  /**
   * Two numbers per node. An inner node: twice its feature, plus one where a missing value goes left; then where its left
   * child stands (the right one follows). A leaf: -1; then where its values start.
   */
  readonly nodes: Int32Array;
  /** By node: float32 where the operator compares so. */
  readonly threshold: Float32Array | Float64Array;
  readonly firstOutput: Int32Array;
  readonly width: Int32Array;
  readonly values: Float64Array;
}

export function flattenTrees(ensemble: TreeEnsemble, precision: 'float32' | 'float64'): FlatTrees {
  const { trees } = ensemble;
  const count = trees.reduce((sum, tree) => sum + tree.feature.length, 0);
  const nodes = new Int32Array(2 * count);
  const threshold = precision === 'float32' ? new Float32Array(count) : new Float64Array(count);
  const roots = new Int32Array(trees.length);
  const values: number[] = [];
  let next = 0;
  for (const [t, tree] of trees.entries()) {
    roots[t] = 2 * next;
    const queue = [{ from: 0, to: next }];
    next++;
    for (const { from, to } of queue) {
      const feature = tree.feature[from] as number;
      if (feature < 0) {
        nodes[2 * to] = -1;
        nodes[2 * to + 1] = values.length;
        for (let k = 0; k < tree.width; k++) values.push(tree.values[from * tree.width + k] as number);
        continue;
      }
      threshold[to] = tree.threshold[from] as number;
      nodes[2 * to] = 2 * feature + (tree.missingLeft[from] as number);
      nodes[2 * to + 1] = 2 * next;
      queue.push(
        { from: tree.left[from] as number, to: next },
        { from: tree.right[from] as number, to: next + 1 },
      );
      next += 2;
    }
  }
  return {
    ...{ roots, nodes, threshold },
    firstOutput: Int32Array.from(trees, (tree) => tree.firstOutput),
    width: Int32Array.from(trees, (tree) => tree.width),
    values: Float64Array.from(values),
  };
}

/** Index into `values` where the leaf that the row at data[start …] reaches in tree `t` keeps its values. */
export function leafOf(
  { roots, nodes, threshold }: FlatTrees,
  t: number,
  data: Float32Array | Float64Array,
  start: number,
): number {
  let node = roots[t] as number;
  for (;;) {
    const decides = nodes[node] as number;
    const child = nodes[node + 1] as number;
    if (decides < 0) return child;
    const value = data[start + (decides >> 1)] as number;
    if (value <= (threshold[node >> 1] as number)) node = child;
    else node = (decides & 1) === 1 && Number.isNaN(value) ? child : child + 2;
  }
}
