import type { FlatTrees } from './flat-trees.ts';

/**
 * Small trees asked feature by feature instead of node by node (QuickScorer: Lucchese et al., SIGIR 2015). Every tree has a
 * bit for each of its leaves, from left to right. A node whose answer is "right" clears the bits below its left child; the
 * lowest bit left is the leaf that the row reaches. Nodes of one feature stand in the order of their thresholds, so that the
 * first one that the value does not exceed ends them: nothing here is a guess for the processor, as every step down a tree is.
 */
export interface BitVectorTrees {
  /** The features that nodes ask, and where the nodes of each start; one more entry tells where the last end. */
  readonly features: Int32Array;
  readonly starts: Int32Array;
  /** By node: its threshold, its tree, and the bits that stay when the value is above the threshold. */
  readonly thresholds: Float32Array | Float64Array;
  readonly trees: Int32Array;
  readonly masks: Int32Array;
  /** By node: 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array;
  /** By tree, for each of 32 leaves: where its values start. */
  readonly leaves: Int32Array;
}

const mostLeaves = 32;

/** Undefined where a tree has more leaves than an integer has bits, or a threshold is not a number. */
export function bitVectorTrees({ roots, nodes, threshold }: FlatTrees): BitVectorTrees | undefined {
  const leaves = new Int32Array(mostLeaves * roots.length);
  const found: { feature: number; at: number; tree: number; mask: number; missingLeft: number }[] = [];
  for (let tree = 0; tree < roots.length; tree++) {
    const root = roots[tree] as number;
    // Two entries per node, and one leaf more than inner nodes.
    const size = ((roots[tree + 1] ?? nodes.length) - root) / 2;
    if ((size + 1) / 2 > mostLeaves) return undefined;
    numberLeaves(root, 0, tree);
  }

  /** Numbers the leaves below a node from `first` on; returns the number after the last. */
  function numberLeaves(node: number, first: number, tree: number): number {
    const decides = nodes[node] as number;
    const child = nodes[node + 1] as number;
    if (decides < 0) {
      leaves[mostLeaves * tree + first] = child;
      return first + 1;
    }
    const middle = numberLeaves(child, first, tree);
    const mask = ~(((1 << (middle - first)) - 1) << first);
    found.push({ feature: decides >> 1, at: node >> 1, tree, mask, missingLeft: decides & 1 });
    return numberLeaves(child + 2, middle, tree);
  }

  if (found.some(({ at }) => Number.isNaN(threshold[at]))) return undefined;
  found.sort(
    (a, b) => a.feature - b.feature || Math.sign((threshold[a.at] as number) - (threshold[b.at] as number)),
  );
  const features = Int32Array.from(new Set(found.map(({ feature }) => feature)));
  const starts = new Int32Array(features.length + 1).fill(found.length);
  features.forEach((feature, place) => {
    starts[place] = found.findIndex((node) => node.feature === feature);
  });
  const thresholds = threshold.slice(0, found.length);
  found.forEach(({ at }, place) => {
    thresholds[place] = threshold[at] as number;
  });
  return {
    ...{ features, starts, thresholds, leaves },
    trees: Int32Array.from(found, ({ tree }) => tree),
    masks: Int32Array.from(found, ({ mask }) => mask),
    missingLeft: Uint8Array.from(found, ({ missingLeft }) => missingLeft),
  };
}

/** Fills `vectors`, one number per tree, with the leaves that the row at data[start …] may still reach. */
export function reachLeaves(
  { features, starts, thresholds, trees, masks, missingLeft }: BitVectorTrees,
  data: Float32Array | Float64Array,
  start: number,
  vectors: Int32Array,
): void {
  vectors.fill(-1);
  for (let place = 0; place < features.length; place++) {
    const value = data[start + (features[place] as number)] as number;
    const end = starts[place + 1] as number;
    let at = starts[place] as number;
    for (; at < end && value > (thresholds[at] as number); at++) {
      const tree = trees[at] as number;
      vectors[tree] = (vectors[tree] as number) & (masks[at] as number);
    }
    if (!Number.isNaN(value)) continue;
    for (; at < end; at++) {
      const tree = trees[at] as number;
      if (missingLeft[at] === 0) vectors[tree] = (vectors[tree] as number) & (masks[at] as number);
    }
  }
}

/** Index into the leaves of all trees of the one that a tree was left with. */
export function leafNumber(tree: number, vector: number): number {
  return mostLeaves * tree + 31 - Math.clz32(vector & -vector);
}

/** Index into the values of the ensemble where those of the leaf stand that a tree was left with. */
export function leafOfVector({ leaves }: BitVectorTrees, tree: number, vector: number): number {
  return leaves[leafNumber(tree, vector)] as number;
}
