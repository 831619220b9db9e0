import type { Tree, TreeEnsemble } from '../trainers/tree-ensemble.ts';
import type { OnnxModel, OnnxNode } from './onnx-model.ts';
import {
  floatsAttribute,
  intAttribute,
  intsAttribute,
  numbersOf,
  tensorAttribute,
  textAttribute,
  textsAttribute,
} from './operator.ts';

export interface ReadTreeEnsemble {
  readonly ensemble: TreeEnsemble;
  /** Class labels; empty for a regressor. */
  readonly classes: readonly number[] | readonly string[];
  /** NONE, LOGISTIC, SOFTMAX, SOFTMAX_ZERO or PROBIT. */
  readonly postTransform: string;
  /** Where each node of each tree stood: nodeIds[tree][node]. */
  readonly nodeIds: readonly (readonly { readonly treeId: number; readonly nodeId: number }[])[];
  /** Regressors: how trees combine. */
  readonly aggregate: 'SUM' | 'AVERAGE' | 'MIN' | 'MAX';
  /** A binary classifier with one score for both classes: which class ids its weights name. */
  readonly weightedClasses: readonly number[];
  readonly allWeightsPositive: boolean;
  /** In which the operator compares and adds: float64 where thresholds and weights are given as tensors of doubles. */
  readonly precision: 'float32' | 'float64';
}

/** The one tree ensemble of a model, for explanations. Says why where there is none or more than one. */
export function readTreeEnsemble(model: OnnxModel): ReadTreeEnsemble | { readonly unsupported: string } {
  const found = model.graph.nodes.filter((node) => node.operator.startsWith('ai.onnx.ml.TreeEnsemble'));
  const [node] = found;
  if (!node || found.length > 1)
    return { unsupported: `The model has ${found.length} tree ensembles; one is needed.` };
  return readTreeEnsembleNode(node);
}

/**
 * The parallel lists of a TreeEnsembleClassifier or -Regressor as trees in our form. Branch modes other than
 * `<=` are rewritten: `x < t` is `x <= t'` for the next smaller number t', and `>`, `>=` swap the children.
 */
export function readTreeEnsembleNode(node: OnnxNode): ReadTreeEnsemble | { readonly unsupported: string } {
  const isClassifier = node.operator === 'ai.onnx.ml.TreeEnsembleClassifier';
  if (!isClassifier && node.operator !== 'ai.onnx.ml.TreeEnsembleRegressor') {
    return { unsupported: `The operator ${node.operator} is not evaluated here.` };
  }
  const classes =
    textsAttribute(node, 'classlabels_strings') ?? intsAttribute(node, 'classlabels_int64s') ?? [];
  const outputs = isClassifier ? classes.length : intAttribute(node, 'n_targets', 1);
  if (outputs < 1)
    return { unsupported: `${node.operator} names no ${isClassifier ? 'classes' : 'targets'}.` };
  const lists = nodeLists(node);
  const weights = leafLists(node, isClassifier ? 'class' : 'target', outputs);
  if ('unsupported' in lists) return lists;
  if ('unsupported' in weights) return weights;

  const places = placeNodes(lists);
  const double = tensorAttribute(node, 'nodes_values_as_tensor')?.type === 'float64';
  const justBelow = double ? previousFloat64 : previousFloat32;
  const trees: Tree[] = [];
  for (const [treeId, positions] of places.byTree) {
    const nodes = { treeId, positions, indexOf: treeOf(places.indexOf, treeId) };
    const tree = buildTree(lists, weights, nodes, outputs, justBelow);
    if ('unsupported' in tree) return tree;
    trees.push(tree);
  }
  const aggregate = textAttribute(node, 'aggregate_function', 'SUM');
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE' && aggregate !== 'MIN' && aggregate !== 'MAX') {
    return { unsupported: `${node.operator} combines trees by ${aggregate}.` };
  }
  const features = lists.features.reduce((most, feature) => Math.max(most, feature + 1), 0);
  return {
    ensemble: { features, outputs, baseScores: numbersAttribute(node, 'base_values') ?? [], trees },
    classes,
    postTransform: textAttribute(node, 'post_transform', 'NONE'),
    nodeIds: [...places.byTree].map(([treeId, positions]) =>
      positions.map((at) => ({ treeId, nodeId: lists.nodeIds[at] as number })),
    ),
    aggregate,
    weightedClasses: [...new Set(weights.outputs)],
    allWeightsPositive: weights.values.every((weight) => weight >= 0),
    precision: double ? 'float64' : 'float32',
  };
}

/** Numbers given as a list, or (version 3 of the operator and later) as a tensor beside it. */
function numbersAttribute(node: OnnxNode, name: string): readonly number[] | null {
  const tensor = tensorAttribute(node, `${name}_as_tensor`);
  return tensor === null ? floatsAttribute(node, name) : Array.from(numbersOf(tensor));
}

interface NodeLists {
  readonly treeIds: readonly number[];
  readonly nodeIds: readonly number[];
  readonly features: readonly number[];
  readonly values: readonly number[];
  readonly modes: readonly string[];
  readonly trueIds: readonly number[];
  readonly falseIds: readonly number[];
  readonly missingTrue: readonly number[];
}

function nodeLists(node: OnnxNode): NodeLists | { unsupported: string } {
  const treeIds = intsAttribute(node, 'nodes_treeids') ?? [];
  const lists = {
    treeIds,
    nodeIds: intsAttribute(node, 'nodes_nodeids') ?? [],
    features: intsAttribute(node, 'nodes_featureids') ?? [],
    values: numbersAttribute(node, 'nodes_values') ?? [],
    modes: textsAttribute(node, 'nodes_modes') ?? [],
    trueIds: intsAttribute(node, 'nodes_truenodeids') ?? [],
    falseIds: intsAttribute(node, 'nodes_falsenodeids') ?? [],
    missingTrue:
      intsAttribute(node, 'nodes_missing_value_tracks_true') ?? new Array<number>(treeIds.length).fill(0),
  };
  const equal = Object.values(lists).every((list) => list.length === treeIds.length);
  return equal && treeIds.length > 0
    ? lists
    : { unsupported: `${node.operator} has node lists of different lengths.` };
}

interface LeafLists {
  readonly outputs: readonly number[];
  readonly values: readonly number[];
  /** Entries of each leaf. */
  readonly byNode: ByNode<number[]>;
}

function leafLists(
  node: OnnxNode,
  prefix: 'class' | 'target',
  count: number,
): LeafLists | { unsupported: string } {
  const treeIds = intsAttribute(node, `${prefix}_treeids`) ?? [];
  const nodeIds = intsAttribute(node, `${prefix}_nodeids`) ?? [];
  const outputs = intsAttribute(node, `${prefix}_ids`) ?? [];
  const values = numbersAttribute(node, `${prefix}_weights`) ?? [];
  if ([nodeIds, outputs, values].some((list) => list.length !== treeIds.length)) {
    return { unsupported: `${node.operator} has leaf lists of different lengths.` };
  }
  if (outputs.some((output) => output < 0 || output >= count)) {
    return { unsupported: `${node.operator} has leaves for an output it does not have.` };
  }
  const byNode: ByNode<number[]> = new Map();
  for (let i = 0; i < treeIds.length; i++) {
    const ofTree = treeOf(byNode, treeIds[i] as number);
    const entries = ofTree.get(nodeIds[i] as number);
    if (entries) entries.push(i);
    else ofTree.set(nodeIds[i] as number, [i]);
  }
  return { outputs, values, byNode };
}

/** Positions of each tree's nodes in the lists, in list order (the first is the root), and each node's index in its tree. */
function placeNodes(lists: NodeLists): { byTree: Map<number, number[]>; indexOf: ByNode<number> } {
  const byTree = new Map<number, number[]>();
  const indexOf: ByNode<number> = new Map();
  for (const [at, treeId] of lists.treeIds.entries()) {
    const positions = byTree.get(treeId) ?? [];
    if (positions.length === 0) byTree.set(treeId, positions);
    treeOf(indexOf, treeId).set(lists.nodeIds[at] as number, positions.length);
    positions.push(at);
  }
  return { byTree, indexOf };
}

/** By tree, then by node. */
type ByNode<T> = Map<number, Map<number, T>>;

function treeOf<T>(byNode: ByNode<T>, treeId: number): Map<number, T> {
  const known = byNode.get(treeId);
  if (known !== undefined) return known;
  const made = new Map<number, T>();
  byNode.set(treeId, made);
  return made;
}

/** Where the nodes of one tree stand in the lists, and the index of each by its id. */
interface TreeNodes {
  readonly treeId: number;
  readonly positions: readonly number[];
  readonly indexOf: ReadonlyMap<number, number>;
}

function buildTree(
  lists: NodeLists,
  weights: LeafLists,
  { treeId, positions, indexOf }: TreeNodes,
  outputs: number,
  justBelow: (value: number) => number,
): Tree | { unsupported: string } {
  const count = positions.length;
  const feature = new Int32Array(count).fill(-1);
  const threshold = new Float64Array(count);
  const left = new Int32Array(count).fill(-1);
  const right = new Int32Array(count).fill(-1);
  const missingLeft = new Uint8Array(count);
  const leaves = treeOf(weights.byNode, treeId);
  const entries = positions.map((at) => leaves.get(lists.nodeIds[at] as number) ?? []);
  const used = new Set(entries.flatMap((leaf) => leaf.map((entry) => weights.outputs[entry] as number)));
  const [single = 0] = used;
  const width = used.size <= 1 ? 1 : outputs;
  const firstOutput = width === 1 ? single : 0;
  const values = new Float64Array(count * width);
  for (const [index, at] of positions.entries()) {
    const mode = lists.modes[at] as string;
    if (mode === 'LEAF') {
      for (const entry of entries[index] ?? []) {
        const slot = index * width + (weights.outputs[entry] as number) - firstOutput;
        values[slot] = (values[slot] ?? 0) + (weights.values[entry] as number);
      }
      continue;
    }
    const value = lists.values[at] as number;
    const rule = BRANCHES.get(mode);
    if (!rule)
      return { unsupported: `A tree branches by ${mode}; only comparisons by size are evaluated here.` };
    const whenTrue = indexOf.get(lists.trueIds[at] as number);
    const whenFalse = indexOf.get(lists.falseIds[at] as number);
    if (whenTrue === undefined || whenFalse === undefined || !((lists.features[at] as number) >= 0))
      return { unsupported: `Tree ${treeId} points to a node or feature that does not exist.` };
    const trackTrue = lists.missingTrue[at] === 1;
    feature[index] = lists.features[at] as number;
    threshold[index] = rule.strictlyBelow ? justBelow(value) : value;
    left[index] = rule.swapped ? whenFalse : whenTrue;
    right[index] = rule.swapped ? whenTrue : whenFalse;
    missingLeft[index] = trackTrue !== rule.swapped ? 1 : 0;
  }
  if (!isTree(left, right))
    return { unsupported: `Tree ${treeId} is not a tree: a node is reached twice or from below.` };
  return {
    firstOutput,
    width,
    feature,
    threshold,
    left,
    right,
    missingLeft,
    values,
    cover: new Float64Array(0),
    gain: new Float64Array(0),
  };
}

/** swapped: the condition's negation is a `<=`; strictlyBelow: it is one against the next smaller number. */
const BRANCHES = new Map([
  ['BRANCH_LEQ', { swapped: false, strictlyBelow: false }],
  ['BRANCH_LT', { swapped: false, strictlyBelow: true }],
  ['BRANCH_GT', { swapped: true, strictlyBelow: false }],
  ['BRANCH_GTE', { swapped: true, strictlyBelow: true }],
]);

/** Every node but the first has one parent at most, and the first has none: walking down always ends. */
function isTree(left: Int32Array, right: Int32Array): boolean {
  const parents = new Uint8Array(left.length);
  for (const children of [left, right]) {
    for (const child of children) {
      if (child < 0) continue;
      if (child === 0 || parents[child] === 1) return false;
      parents[child] = 1;
    }
  }
  return true;
}

function previousFloat32(value: number): number {
  const float = new Float32Array([value]);
  const bits = new Int32Array(float.buffer);
  if (value === 0) return -1.401298464324817e-45;
  bits[0] = (bits[0] as number) + (value > 0 ? -1 : 1);
  return float[0] as number;
}

function previousFloat64(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const double = new Float64Array([value]);
  const bits = new BigInt64Array(double.buffer);
  bits[0] = (bits[0] as bigint) + (value > 0 ? -1n : 1n);
  return double[0] as number;
}
