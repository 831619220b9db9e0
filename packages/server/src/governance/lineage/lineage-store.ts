import type { NodeKind, NodeRef } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface LineageTables {
  lineage_edges: {
    workspace: string;
    from_kind: string;
    from_id: string;
    to_kind: string;
    to_id: string;
    relation: string;
    from_digest: string | null;
    to_digest: string | null;
    actor: string;
    at: number;
  };
}

export interface StoredEdge {
  readonly from: NodeRef;
  readonly to: NodeRef;
  readonly relation: string;
  readonly fromDigest: string | null;
  readonly toDigest: string | null;
  readonly at: number;
}

// Engines bound the number of parameters of a statement; a level of the graph can be wider.
const idsPerQuery = 500;

/** Edges that end (`upstream`) or begin (`downstream`) at one of the nodes, oldest first. */
export async function edgesAt(
  sql: SqlReader,
  workspace: string,
  nodes: readonly NodeRef[],
  direction: 'upstream' | 'downstream',
): Promise<readonly StoredEdge[]> {
  const wanted = new Set(nodes.map(nodeKey));
  const idColumn = direction === 'upstream' ? 'to_id' : 'from_id';
  const edges: StoredEdge[] = [];
  for (let start = 0; start < nodes.length; start += idsPerQuery) {
    const rows = await sql
      .query<LineageTables>()
      .selectFrom('lineage_edges')
      .selectAll()
      .where('workspace', '=', workspace)
      .where(
        idColumn,
        'in',
        nodes.slice(start, start + idsPerQuery).map((node) => node.id),
      )
      .orderBy('at')
      .orderBy('from_id')
      .orderBy('to_id')
      .orderBy('relation')
      .execute();
    for (const row of rows) {
      const edge = toEdge(row);
      if (wanted.has(nodeKey(direction === 'upstream' ? edge.to : edge.from))) edges.push(edge);
    }
  }
  return edges;
}

export async function findEdge(
  sql: SqlReader,
  workspace: string,
  edge: { from: NodeRef; to: NodeRef; relation: string },
): Promise<StoredEdge | undefined> {
  const row = await sql
    .query<LineageTables>()
    .selectFrom('lineage_edges')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('from_kind', '=', edge.from.kind)
    .where('from_id', '=', edge.from.id)
    .where('to_kind', '=', edge.to.kind)
    .where('to_id', '=', edge.to.id)
    .where('relation', '=', edge.relation)
    .executeTakeFirst();
  return row && toEdge(row);
}

export async function insertEdge(
  tx: SqlTransaction,
  workspace: string,
  actor: string,
  edge: StoredEdge,
): Promise<void> {
  await tx
    .query<LineageTables>()
    .insertInto('lineage_edges')
    .values({
      workspace,
      from_kind: edge.from.kind,
      from_id: edge.from.id,
      to_kind: edge.to.kind,
      to_id: edge.to.id,
      relation: edge.relation,
      from_digest: edge.fromDigest,
      to_digest: edge.toDigest,
      actor,
      at: edge.at,
    })
    .execute();
}

export function nodeKey(node: NodeRef): string {
  return `${node.kind} ${node.id}`;
}

function toEdge(row: LineageTables['lineage_edges']): StoredEdge {
  return {
    from: { kind: row.from_kind as NodeKind, id: row.from_id },
    to: { kind: row.to_kind as NodeKind, id: row.to_id },
    relation: row.relation,
    fromDigest: row.from_digest,
    toDigest: row.to_digest,
    at: row.at,
  };
}
