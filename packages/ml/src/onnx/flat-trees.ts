import type { TreeEnsemble } from '../trainers/tree-ensemble.ts';

/**
 * All trees of an ensemble in a few arrays, for scoring a handful of rows quickly: siblings stand side by
 * side, so a node needs one child index, and a row's features are read from one place.
 */
export interface FlatTrees {
  readonly roots: Int32Array;
  /** -1 marks a leaf. */
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  /** The left child; the right one follows it. At a leaf: where its values start. */
  readonly child: Int32Array;
  readonly missingLeft: Uint8Array;
  readonly firstOutput: Int32Array;
  readonly width: Int32Array;
  readonly values: Float64Array;
}

export function flattenTrees(ensemble: TreeEnsemble): FlatTrees {
  const { trees } = ensemble;
  const nodes = trees.reduce((sum, tree) => sum + tree.feature.length, 0);
  const feature = new Int32Array(nodes).fill(-1);
  const threshold = new Float64Array(nodes);
  const child = new Int32Array(nodes);
  const missingLeft = new Uint8Array(nodes);
  const roots = new Int32Array(trees.length);
  const values: number[] = [];
  let next = 0;
  for (const [t, tree] of trees.entries()) {
    roots[t] = next;
    const queue = [{ from: 0, to: next }];
    next++;
    for (const { from, to } of queue) {
      feature[to] = tree.feature[from] as number;
      if ((tree.feature[from] as number) < 0) {
        child[to] = values.length;
        for (let k = 0; k < tree.width; k++) values.push(tree.values[from * tree.width + k] as number);
        continue;
      }
      threshold[to] = tree.threshold[from] as number;
      missingLeft[to] = tree.missingLeft[from] as number;
      child[to] = next;
      queue.push(
        { from: tree.left[from] as number, to: next },
        { from: tree.right[from] as number, to: next + 1 },
      );
      next += 2;
    }
  }
  return {
    ...{ roots, feature, threshold, child, missingLeft },
    firstOutput: Int32Array.from(trees, (tree) => tree.firstOutput),
    width: Int32Array.from(trees, (tree) => tree.width),
    values: Float64Array.from(values),
  };
}

/** Index into `values` where the leaf that the row at data[start …] reaches in tree `t` keeps its values. */
export function leafOf(flat: FlatTrees, t: number, data: ArrayLike<number>, start: number): number {
  const { feature, threshold, child, missingLeft } = flat;
  let node = flat.roots[t] as number;
  for (;;) {
    const f = feature[node] as number;
    if (f < 0) return child[node] as number;
    const value = data[start + f] as number;
    const left = child[node] as number;
    if (value <= (threshold[node] as number)) node = left;
    else node = missingLeft[node] === 1 && Number.isNaN(value) ? left : left + 1;
  }
}
