export interface GraphNode {
  readonly id: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

export interface PlacedNode<Node> {
  readonly node: Node;
  /** Layer from the left and place in it from the top, both from 0. */
  readonly layer: number;
  readonly place: number;
}

export interface LayeredGraph<Node> {
  readonly placed: readonly PlacedNode<Node>[];
  readonly layers: number;
  /** Nodes of the fullest layer. */
  readonly tallest: number;
}

/**
 * Lays a directed graph out from left to right after Sugiyama, Tagawa and Toda (1981): a node's layer is the longest path
 * to it, the order within a layer follows the mean place of the neighbours in eight alternating sweeps. Edges that close
 * a cycle and edges to unknown nodes do not count.
 */
export function layeredLayout<Node extends GraphNode>(
  nodes: readonly Node[],
  edges: readonly GraphEdge[],
): LayeredGraph<Node> {
  const { parents, children } = neighbours(nodes, edges);
  const layerOf = longestPaths(nodes, parents);
  const layers: Node[][] = [];
  for (const node of nodes) {
    const layer = layerOf.get(node.id) ?? 0;
    while (layers.length <= layer) layers.push([]);
    layers[layer]?.push(node);
  }
  for (let sweep = 0; sweep < 8; sweep += 1)
    orderLayers(layers, sweep % 2 === 0 ? parents : children, sweep % 2 === 0);
  return {
    placed: layers.flatMap((members, layer) => members.map((node, place) => ({ node, layer, place }))),
    layers: layers.length,
    tallest: Math.max(0, ...layers.map((members) => members.length)),
  };
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

function neighbours(nodes: readonly GraphNode[], edges: readonly GraphEdge[]) {
  const parents = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  const children = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  for (const { from, to } of edges) {
    if (from === to || !parents.has(from) || !parents.has(to)) continue;
    parents.get(to)?.push(from);
    children.get(from)?.push(to);
  }
  return { parents, children };
}

function longestPaths(nodes: readonly GraphNode[], parents: Neighbours): ReadonlyMap<string, number> {
  const layerOf = new Map<string, number>();
  const open = new Set<string>();
  for (const node of nodes) visit(node.id);
  return layerOf;

  function visit(id: string): number {
    const known = layerOf.get(id);
    if (known !== undefined) return known;
    open.add(id);
    let layer = 0;
    for (const parent of parents.get(id) ?? []) {
      if (!open.has(parent)) layer = Math.max(layer, visit(parent) + 1);
    }
    open.delete(id);
    layerOf.set(id, layer);
    return layer;
  }
}

function orderLayers(layers: GraphNode[][], towards: Neighbours, forwards: boolean): void {
  const placeOf = new Map<string, number>();
  for (const members of layers) {
    for (const [place, node] of members.entries()) placeOf.set(node.id, place);
  }
  for (const members of forwards ? layers : layers.toReversed()) {
    const means = new Map(
      members.map((node, place) => [node.id, meanPlace(node.id, place, towards, placeOf)]),
    );
    members.sort((left, right) => (means.get(left.id) ?? 0) - (means.get(right.id) ?? 0));
    for (const [place, node] of members.entries()) placeOf.set(node.id, place);
  }
}

function meanPlace(
  id: string,
  place: number,
  towards: Neighbours,
  placeOf: ReadonlyMap<string, number>,
): number {
  const others = towards.get(id) ?? [];
  if (others.length === 0) return place;
  let sum = 0;
  for (const other of others) sum += placeOf.get(other) ?? place;
  return sum / others.length;
}
