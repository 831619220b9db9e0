import { api, type LineageGraph, type NodeKind, NodeKind as NodeKinds } from '@esteira/contracts';
import { Argument, type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { shortDigest } from '../../number-text.ts';
import { parseInteger } from '../../option-values.ts';

type Direction = 'upstream' | 'downstream' | 'both';

/** `esteira lineage`: what a thing was made from and what came of it, as a tree. */
export function addLineageCommand(program: Command, context: CommandContext): void {
  program
    .command('lineage')
    .description(api.governance.lineage.summary)
    .addArgument(new Argument('<kind>', 'kind of the thing').choices(NodeKinds.options))
    .argument('<id>', 'its id')
    .addOption(
      new Option('--direction <direction>', 'which way to look')
        .choices(['upstream', 'downstream', 'both'])
        .default('both'),
    )
    .option('--depth <n>', 'how many edges to follow', parseInteger, 20)
    .action(async (kind: NodeKind, id: string, query: { direction: Direction; depth: number }) => {
      const graph = await context.client().governance.lineage({ params: { kind, id }, query });
      context.output().result(graph, describeLineage(graph));
    });
}

/** Two trees from the root: towards what it was made from, and towards what came of it. A node is unfolded once. */
export function describeLineage(graph: LineageGraph): string {
  const sections = [
    { title: 'made from', from: 'to', to: 'from' },
    { title: 'used by', from: 'from', to: 'to' },
  ] as const;
  const lines = [label(graph, graph.root)];
  for (const { title, from, to } of sections) {
    const seen = new Set([key(graph.root)]);
    const branch = unfold(graph.root, '  ');
    if (branch.length > 0) lines.push(`${title}:`, ...branch);

    function unfold(node: LineageGraph['root'], indent: string): string[] {
      return graph.edges
        .filter((edge) => key(edge[from]) === key(node))
        .flatMap((edge) => {
          const next = edge[to];
          const line = `${indent}${label(graph, next)}  (${edge.relation})`;
          if (seen.has(key(next))) return [`${line} …`];
          seen.add(key(next));
          return [line, ...unfold(next, `${indent}  `)];
        });
    }
  }
  if (graph.truncated) lines.push('the graph goes on: raise --depth');
  return lines.join('\n');
}

function key({ kind, id }: LineageGraph['root']): string {
  return `${kind} ${id}`;
}

function label(graph: LineageGraph, ref: LineageGraph['root']): string {
  const digest = graph.nodes.find((node) => key(node) === key(ref))?.digest;
  return digest ? `${key(ref)} ${shortDigest(digest)}` : key(ref);
}
