import { z } from 'zod';
import { Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** What can stand in the lineage graph. Ids are the rooms' own. */
export const NodeKind = z.enum([
  'source-file',
  'dataset-version',
  'split',
  'contract',
  'feature-view',
  'run',
  'pipeline-run',
  'study',
  'trained-model',
  'evaluation',
  'model-version',
  'endpoint',
  'change',
  'monitor',
  'project',
]);
export type NodeKind = z.infer<typeof NodeKind>;

export const NodeRef = z.object({ kind: NodeKind, id: z.string().min(1).max(256) });
export type NodeRef = z.infer<typeof NodeRef>;

/** `depth` counts edges from the node asked for; `digest` is the content the edges recorded, where they did. */
export const LineageNode = NodeRef.extend({ digest: z.string().nullable(), depth: z.number().int() });

/** `from` is what was used, `to` what came of it. */
export const LineageEdge = z.object({ from: NodeRef, to: NodeRef, relation: z.string(), at: Timestamp });

/** `truncated`: the graph goes on beyond the depth or the number of nodes allowed in one answer. */
export const LineageGraph = z.object({
  root: NodeRef,
  nodes: z.array(LineageNode),
  edges: z.array(LineageEdge),
  truncated: z.boolean(),
});
export type LineageGraph = z.infer<typeof LineageGraph>;

export const lineageApi = {
  lineage: route({
    id: 'governance.lineage',
    method: 'GET',
    path: '/api/v1/lineage/:kind/:id',
    access: 'lineage:read',
    summary: 'Shows what a thing was made from (upstream), what was made from it (downstream), or both.',
    params: NodeRef,
    query: z.object({
      direction: z.enum(['upstream', 'downstream', 'both']).default('both'),
      depth: z.coerce.number().int().min(1).max(50).default(20),
    }),
    response: LineageGraph,
  }),
} as const;
