import type { BinnedFeatures } from './bin-features.ts';
import { findSplit, type Split, type SplitRules, type SplitSearch } from './find-split.ts';
import { type PairSum, sumCells } from './gradient-pairs.ts';
import type { Tree } from './tree-ensemble.ts';

export interface GrowthRules extends SplitRules {
  readonly maxLeaves: number;
  /** 0: no limit. */
  readonly maxDepth: number;
}

/** A grown tree, still without leaf values, and the rows of each leaf: rowOrder[start … end). */
export interface GrownTree {
  readonly nodes: readonly GrownNode[];
  readonly leaves: readonly GrownLeaf[];
}

interface GrownLeaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
}

interface GrownNode {
  readonly count: number;
  split: Split | null;
  left: number;
  right: number;
}

interface OpenLeaf extends GrownLeaf {
  readonly depth: number;
  readonly slot: number;
  readonly split: Split | null;
}

/**
 * Grows one tree leaf-wise: always the leaf whose best split gains most (the earliest of equals), until
 * `maxLeaves`. Expects the kernel's pairs to be written and rowOrder[0 … count) to hold the rows.
 */
export function growTree(search: SplitSearch & { readonly rules: GrowthRules }, count: number): GrownTree {
  const { kernel, scale, rules } = search;
  const nodes: GrownNode[] = [{ count, split: null, left: -1, right: -1 }];
  kernel.sum(0, 0, count);
  const firstFeatureEnd = (kernel.firstCell[1] ?? kernel.cells) * 2;
  const total = sumCells(kernel.histograms, 0, firstFeatureEnd, scale);
  const leaves: OpenLeaf[] = [
    { node: 0, start: 0, end: count, depth: 0, slot: 0, split: findSplit(search, 0, total) },
  ];

  while (leaves.length < rules.maxLeaves) {
    const chosen = mostGaining(leaves);
    const leaf = leaves[chosen];
    const split = leaf?.split;
    if (!leaf || !split) break;
    const left = nodes.length;
    const right = left + 1;
    nodes.push({ count: split.left.count, split: null, left: -1, right: -1 });
    nodes.push({ count: split.right.count, split: null, left: -1, right: -1 });
    Object.assign(nodes[leaf.node] as GrownNode, { split, left, right });

    const middle = kernel.partition(leaf.start, leaf.end, split.feature, split.bin, split.missingLeft);
    const depth = leaf.depth + 1;
    const spare = leaves.length;
    const leftSmaller = split.left.count <= split.right.count;
    const leftSlot = leftSmaller ? spare : leaf.slot;
    const rightSlot = leftSmaller ? leaf.slot : spare;
    const openLeft = leaves.length + 1 < rules.maxLeaves && maySplit(split.left, depth, rules);
    const openRight = leaves.length + 1 < rules.maxLeaves && maySplit(split.right, depth, rules);
    if (openLeft || openRight) {
      // Only the smaller side is summed; the larger is what remains of the parent.
      if (leftSmaller) kernel.sum(spare, leaf.start, middle);
      else kernel.sum(spare, middle, leaf.end);
      if (leftSmaller ? openRight : openLeft) kernel.subtract(leaf.slot, spare);
    }
    leaves[chosen] = {
      ...{ node: left, start: leaf.start, end: middle, depth, slot: leftSlot },
      split: openLeft ? findSplit(search, leftSlot, split.left) : null,
    };
    leaves.push({
      ...{ node: right, start: middle, end: leaf.end, depth, slot: rightSlot },
      split: openRight ? findSplit(search, rightSlot, split.right) : null,
    });
  }
  return { nodes, leaves };
}

/** `leafValue` gives the value of each leaf, in the order of `grown.leaves`. */
export function toTree(
  grown: GrownTree,
  binned: BinnedFeatures,
  leafValues: readonly number[],
  output: number,
): Tree {
  const { nodes, leaves } = grown;
  const values = new Float64Array(nodes.length);
  for (const [i, leaf] of leaves.entries()) values[leaf.node] = leafValues[i] ?? 0;
  return {
    firstOutput: output,
    width: 1,
    feature: Int32Array.from(nodes, (node) => node.split?.feature ?? -1),
    threshold: Float64Array.from(
      nodes,
      ({ split }) => (split && binned.edges[split.feature]?.[split.bin]) ?? 0,
    ),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    missingLeft: Uint8Array.from(nodes, (node) => (node.split?.missingLeft ? 1 : 0)),
    values,
    cover: Float64Array.from(nodes, (node) => node.count),
    gain: Float64Array.from(nodes, (node) => node.split?.gain ?? 0),
  };
}

function mostGaining(leaves: readonly OpenLeaf[]): number {
  let best = 0;
  let bestGain = 0;
  for (const [i, leaf] of leaves.entries()) {
    if (leaf.split && leaf.split.gain > bestGain) {
      best = i;
      bestGain = leaf.split.gain;
    }
  }
  return best;
}

function maySplit(sum: PairSum, depth: number, rules: GrowthRules): boolean {
  if (rules.maxDepth > 0 && depth >= rules.maxDepth) return false;
  return sum.count >= 2 * Math.max(1, rules.minSamplesLeaf);
}
