import type { Tree, TreeEnsemble } from '../trainers/tree-ensemble.ts';
import type { AttributeToWrite } from './write-onnx.ts';

export interface TreeEnsembleAttributes {
  readonly nodes: Readonly<Record<string, AttributeToWrite>>;
  readonly leaves: {
    readonly treeIds: readonly number[];
    readonly nodeIds: readonly number[];
    readonly outputs: readonly number[];
    readonly weights: readonly number[];
  };
}

/**
 * The parallel lists of ai.onnx.ml TreeEnsemble operators (version 3). A row takes the true branch where
 * `x <= value`, or x is NaN and the node tracks missing values; true is our left.
 */
export function treeEnsembleAttributes(ensemble: TreeEnsemble): TreeEnsembleAttributes {
  const treeIds: number[] = [];
  const nodeIds: number[] = [];
  const features: number[] = [];
  const values: number[] = [];
  const modes: string[] = [];
  const trueIds: number[] = [];
  const falseIds: number[] = [];
  const missingTracks: number[] = [];
  const leaves = {
    treeIds: [] as number[],
    nodeIds: [] as number[],
    outputs: [] as number[],
    weights: [] as number[],
  };
  // Runtimes expect a tree: a model that is its base score alone gets one empty leaf.
  const trees = ensemble.trees.length > 0 ? ensemble.trees : [EMPTY_TREE];
  for (const [treeId, tree] of trees.entries()) {
    for (let node = 0; node < tree.feature.length; node++) {
      const feature = tree.feature[node] as number;
      const isLeaf = feature < 0;
      treeIds.push(treeId);
      nodeIds.push(node);
      features.push(isLeaf ? 0 : feature);
      values.push(isLeaf ? 0 : (tree.threshold[node] as number));
      modes.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ');
      trueIds.push(isLeaf ? 0 : (tree.left[node] as number));
      falseIds.push(isLeaf ? 0 : (tree.right[node] as number));
      missingTracks.push(isLeaf ? 0 : (tree.missingLeft[node] as number));
      for (let k = 0; isLeaf && k < tree.width; k++) {
        leaves.treeIds.push(treeId);
        leaves.nodeIds.push(node);
        leaves.outputs.push(tree.firstOutput + k);
        leaves.weights.push(tree.values[node * tree.width + k] as number);
      }
    }
  }
  const nodes = {
    nodes_treeids: { ints: treeIds },
    nodes_nodeids: { ints: nodeIds },
    nodes_featureids: { ints: features },
    nodes_values: { floats: values },
    nodes_modes: { texts: modes },
    nodes_truenodeids: { ints: trueIds },
    nodes_falsenodeids: { ints: falseIds },
    nodes_missing_value_tracks_true: { ints: missingTracks },
  };
  return { nodes, leaves };
}

const EMPTY_TREE: Tree = {
  firstOutput: 0,
  width: 1,
  feature: Int32Array.of(-1),
  threshold: Float64Array.of(0),
  left: Int32Array.of(-1),
  right: Int32Array.of(-1),
  missingLeft: Uint8Array.of(0),
  values: Float64Array.of(0),
  cover: Float64Array.of(0),
  gain: Float64Array.of(0),
};
