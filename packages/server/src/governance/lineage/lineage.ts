import type { LineageGraph, NodeKind, NodeRef } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { findRemoved } from '../retention/removed-thing-store.ts';
import { edgesAt, findEdge, insertEdge, nodeKey, type StoredEdge } from './lineage-store.ts';

/** What was used (`from`) and what came of it (`to`); `relation` names how: `trained-on`, `registered-from`, …. */
interface LineageLink {
  readonly from: NodeRef;
  readonly to: NodeRef;
  readonly relation: string;
  /** Content of the two ends when they were linked, `sha256:…`. */
  readonly fromDigest?: string;
  readonly toDigest?: string;
}

/** The graph of what was made from what. */
export interface Lineage {
  /**
   * Records an edge; recording the same edge again changes nothing. Throws LINEAGE_CYCLE when `from` came of `to`,
   * LINEAGE_CONFLICT when the edge is known with other digests, THING_REMOVED when `from` is no longer there.
   */
  link(tx: SqlTransaction, context: RequestContext, link: LineageLink): Promise<void>;
  /** What the node was made from, `depth` edges far (default 20), nearest first, at most 1,000 nodes. */
  upstream(workspace: string, node: NodeRef, depth?: number): Promise<LineageGraph>;
  /** What was made from the node. */
  downstream(workspace: string, node: NodeRef, depth?: number): Promise<LineageGraph>;
  /** Both in one graph. */
  around(workspace: string, node: NodeRef, depth?: number): Promise<LineageGraph>;
}

type Direction = 'upstream' | 'downstream';

const defaultDepth = 20;
const maxNodes = 1000;

// These stand for a long time and are fed again and again: a model may well be retrained on what its own endpoint
// answered. Everything else is made once, so it can never be its own ancestor.
const standing: ReadonlySet<NodeKind> = new Set([
  'project',
  'endpoint',
  'monitor',
  'feature-view',
  'contract',
]);

export function createLineage(deps: { sql: SqlDatabase; clock: Clock }): Lineage {
  const { sql, clock } = deps;

  async function graph(workspace: string, root: NodeRef, directions: readonly Direction[], depth: number) {
    const nodes = new Map([[nodeKey(root), { ...root, digest: null as string | null, depth: 0 }]]);
    const edges = new Map<string, StoredEdge>();
    let truncated = false;
    for (const direction of directions) {
      let level: NodeRef[] = [root];
      const seen = new Set([nodeKey(root)]);
      for (let distance = 1; level.length > 0; distance++) {
        const found = await edgesAt(sql, workspace, level, direction);
        if (distance > depth) {
          if (found.length > 0) truncated = true;
          break;
        }
        level = [];
        for (const edge of found) {
          const next = direction === 'upstream' ? edge.from : edge.to;
          const key = nodeKey(next);
          if (!seen.has(key)) {
            if (nodes.size >= maxNodes && !nodes.has(key)) {
              truncated = true;
              continue;
            }
            seen.add(key);
            level.push(next);
            if (!nodes.has(key)) nodes.set(key, { ...next, digest: null, depth: distance });
          }
          edges.set(`${nodeKey(edge.from)} ${nodeKey(edge.to)} ${edge.relation}`, edge);
        }
      }
    }
    for (const edge of edges.values()) {
      const from = nodes.get(nodeKey(edge.from));
      const to = nodes.get(nodeKey(edge.to));
      if (from && edge.fromDigest !== null) from.digest = edge.fromDigest;
      if (to && edge.toDigest !== null) to.digest = edge.toDigest;
    }
    return {
      root,
      nodes: [...nodes.values()],
      edges: [...edges.values()].map(({ from, to, relation, at }) => ({ from, to, relation, at })),
      truncated,
    };
  }

  return {
    async link(tx, context, link) {
      const fromDigest = link.fromDigest ?? null;
      const toDigest = link.toDigest ?? null;
      const known = await findEdge(tx, context.workspace, link);
      if (known) {
        if (known.fromDigest === fromDigest && known.toDigest === toDigest) return;
        throw esteiraError('LINEAGE_CONFLICT', { from: link.from.id, to: link.to.id });
      }
      // What a policy is removing at this moment cannot come into use behind its back.
      if ((await findRemoved(tx, [link.from.id])).length > 0) throw esteiraError('THING_REMOVED', link.from);
      if (await cameOf(tx, context.workspace, link.from, link.to)) {
        throw esteiraError('LINEAGE_CYCLE', { from: link.from.id, to: link.to.id });
      }
      const { from, to, relation } = link;
      const edge = { from, to, relation, fromDigest, toDigest, at: clock.now() };
      await insertEdge(tx, context.workspace, context.actor.id, edge);
    },
    upstream: (workspace, node, depth = defaultDepth) => graph(workspace, node, ['upstream'], depth),
    downstream: (workspace, node, depth = defaultDepth) => graph(workspace, node, ['downstream'], depth),
    around: (workspace, node, depth = defaultDepth) =>
      graph(workspace, node, ['upstream', 'downstream'], depth),
  };
}

/** Whether `node` was made from `origin`, directly or not, by things that are made once. */
async function cameOf(sql: SqlReader, workspace: string, node: NodeRef, origin: NodeRef): Promise<boolean> {
  const wanted = nodeKey(node);
  if (wanted === nodeKey(origin)) return true;
  if (standing.has(node.kind) || standing.has(origin.kind)) return false;
  const seen = new Set([nodeKey(origin)]);
  let level: NodeRef[] = [origin];
  while (level.length > 0) {
    const found = await edgesAt(sql, workspace, level, 'downstream');
    level = [];
    for (const { to } of found) {
      const key = nodeKey(to);
      if (key === wanted) return true;
      if (seen.has(key) || standing.has(to.kind)) continue;
      seen.add(key);
      level.push(to);
    }
  }
  return false;
}
