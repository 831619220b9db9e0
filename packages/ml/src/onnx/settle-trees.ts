import { bitVectorTrees } from './bit-vector-trees.ts';
import { flattenTrees } from './flat-trees.ts';
import type { OnnxModel, OnnxNode } from './onnx-model.ts';
import { readTreeEnsembleNode } from './read-tree-ensemble.ts';
import type { SettledTrees } from './settled-trees.ts';

const settled = 'settled';

/**
 * The model with its tree ensembles settled: what is left to compile takes next to no time, so that one thread may read a large
 * model for another (a structured clone keeps it whole). Their lists are gone. Ensembles that cannot be evaluated stay.
 */
export function settleTrees(model: OnnxModel): OnnxModel {
  const nodes = model.graph.nodes.map((node) => {
    if (!node.operator.startsWith('ai.onnx.ml.TreeEnsemble')) return node;
    const trees = treesOf(node);
    if ('unsupported' in trees) return node;
    return { ...node, attributes: new Map([[settled, { kind: 'trees' as const, value: trees }]]) };
  });
  return { ...model, graph: { ...model.graph, nodes } };
}

/** The trees of a node, made now unless they are settled; or why they cannot be evaluated. */
export function treesOf(node: OnnxNode): SettledTrees | { readonly unsupported: string } {
  const known = node.attributes.get(settled);
  if (known?.kind === 'trees') return known.value;
  const read = readTreeEnsembleNode(node);
  if ('unsupported' in read) return read;
  const { ensemble, nodeIds: _, ...told } = read;
  const { features, outputs, baseScores } = ensemble;
  const flat = flattenTrees(ensemble, read.precision);
  return { ...told, features, outputs, baseScores, flat, small: bitVectorTrees(flat) };
}
