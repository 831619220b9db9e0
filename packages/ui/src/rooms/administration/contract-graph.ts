import type { GraphEdge, GraphNode } from '../../components/layered-layout.ts';

/**
 * Takes nodes out of a graph and joins what they joined: where a path led from one kept node to another through hidden
 * ones alone, an edge does. Edges of the result are distinct.
 */
export function contractGraph<Node extends GraphNode>(
  nodes: readonly Node[],
  edges: readonly GraphEdge[],
  isHidden: (node: Node) => boolean,
): { readonly nodes: readonly Node[]; readonly edges: readonly GraphEdge[] } {
  const kept = nodes.filter((node) => !isHidden(node));
  const keptIds = new Set(kept.map((node) => node.id));
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  return { nodes: kept, edges: kept.flatMap(({ id }) => reach(id).map((to) => ({ from: id, to }))) };

  function reach(from: string): readonly string[] {
    const found = new Set<string>();
    const seen = new Set([from]);
    const open = [...(next.get(from) ?? [])];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      if (keptIds.has(id)) found.add(id);
      else open.push(...(next.get(id) ?? []));
    }
    return [...found];
  }
}

/** Ids of what a node came from and of what came of it, itself included. */
export function kinOf(id: string, edges: readonly GraphEdge[]): ReadonlySet<string> {
  const backwards = edges.map(({ from, to }) => ({ from: to, to: from }));
  return new Set([...reachable(id, edges), ...reachable(id, backwards)]);
}

function reachable(id: string, edges: readonly GraphEdge[]): ReadonlySet<string> {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const seen = new Set([id]);
  const open = [id];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    for (const other of next.get(current) ?? []) {
      if (seen.has(other)) continue;
      seen.add(other);
      open.push(other);
    }
  }
  return seen;
}
