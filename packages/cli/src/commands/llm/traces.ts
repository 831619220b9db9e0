import { api, type LlmSpan, type LlmTrace } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { plain, time } from '../../number-text.ts';
import { parseInteger } from '../../option-values.ts';
import { facts, table } from '../../output.ts';

/** `esteira traces`: what programs that work with language models did. */
export function addTracesCommand(program: Command, context: CommandContext): void {
  const traces = program.command('traces').description('What programs that work with language models did');

  addPagedListing(traces, context, {
    command: 'list',
    summary: api.llm.listTraces.summary,
    read: (query: PageFlags & { experiment?: string; filter?: string; orderBy?: string }) =>
      context.client().llm.listTraces({ query }),
    columns: {
      id: (trace) => trace.id,
      name: (trace) => trace.name ?? '',
      state: (trace) => trace.state,
      began: (trace) => time(trace.requestedAt),
      took: (trace) => milliseconds(trace.durationMs),
      tokens: (trace) => plain(trace.tokens?.total_tokens ?? ''),
    },
  })
    .option('--experiment <id>', 'of one experiment')
    .option(
      '--filter <filter>',
      'conditions joined by AND, such as "state = \'ERROR\' and durationMs > 1000"',
    )
    .option('--order-by <order>', 'such as "durationMs desc"; newest first unless given');

  traces
    .command('show <id>')
    .description(`${api.llm.getTrace.summary} Its spans follow as a tree.`)
    .option('--limit <n>', 'at most so many spans, 1 to 1000', parseInteger)
    .option('--cursor <cursor>', 'go on with the spans where the page before ended')
    .action(async (id: string, query: PageFlags) => {
      const client = context.client();
      const trace = await client.llm.getTrace({ params: { id } });
      const spans = await client.llm.listSpans({ params: { id }, query });
      const more = spans.nextCursor === undefined ? '' : `\nmore: --cursor ${spans.nextCursor}`;
      context
        .output()
        .result({ trace, spans }, `${describeTrace(trace)}\n\n${spanTable(spans.items)}${more}`);
    });

  traces
    .command('delete <id>')
    .description(api.llm.deleteTrace.summary)
    .action(async (id: string) => {
      await context.client().llm.deleteTrace({ params: { id } });
      context.output().result({ id }, `deleted ${id}`);
    });
}

function describeTrace(trace: LlmTrace): string {
  return facts([
    ['trace', trace.id],
    ['name', trace.name ?? ''],
    ['experiment', trace.experimentId],
    ['state', trace.state],
    ['began', time(trace.requestedAt)],
    ['took', milliseconds(trace.durationMs)],
    ['tokens', trace.tokens === undefined ? '' : plain(trace.tokens)],
    ['request', trace.requestPreview ?? ''],
    ['response', trace.responsePreview ?? ''],
    ...trace.assessments.map(
      ({ kind, name, value, valid }) =>
        [kind, `${name}: ${plain(value)}${valid ? '' : ' (overridden)'}`] as const,
    ),
  ]);
}

function spanTable(spans: readonly LlmSpan[]): string {
  return table(spans, {
    span: (span) => `${'  '.repeat(span.depth)}${span.name}`,
    type: (span) => span.type ?? '',
    status: (span) => span.status,
    took: (span) => milliseconds(span.endedAt === undefined ? undefined : span.endedAt - span.startedAt),
    id: (span) => span.id,
  });
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '' : `${Math.round(value * 1000) / 1000} ms`;
}
