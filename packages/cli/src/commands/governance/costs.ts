import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addListing } from '../../listing.ts';
import { bytes, duration, time } from '../../number-text.ts';
import { parseInteger, parseTime } from '../../option-values.ts';
import { paragraphs, table } from '../../output.ts';

interface Totals {
  readonly cpuSeconds: number;
  readonly bytes: number;
  readonly amount: number;
}

/** `esteira costs`: what was spent, by kind, project and day. */
export function addCostsCommand(program: Command, context: CommandContext): void {
  const costs = program.command('costs').description('What was spent on compute and storage');

  costs
    .command('show', { isDefault: true })
    .description(api.governance.costs.summary)
    .option('--project <name>', 'of one project')
    .option('--from <time>', 'from this time on', parseTime)
    .option('--to <time>', 'before this time', parseTime)
    .action(async (query: { project?: string; from?: number; to?: number }) => {
      const report = await context.client().governance.costs({ query });
      const amounts = {
        CPU: (row: Totals) => duration(row.cpuSeconds * 1000),
        stored: (row: Totals) => bytes(row.bytes),
        [report.currency]: (row: Totals) => row.amount.toFixed(4),
      };
      const text = paragraphs(
        table([...report.byKind, { kind: 'total', ...report.total }], {
          kind: (row) => row.kind,
          ...amounts,
        }),
        report.byProject.length === 0
          ? ''
          : table(report.byProject, { project: (row) => row.project ?? '(none)', ...amounts }),
        report.byDay.length === 0 ? '' : table(report.byDay, { day: (row) => row.day, ...amounts }),
      );
      context.output().result(report, text);
    });

  addListing(costs, context, {
    command: 'records',
    summary: api.governance.costRecords.summary,
    read: (query: { project?: string; limit?: number }) => context.client().governance.costRecords({ query }),
    columns: {
      at: (record) => time(record.at),
      kind: (record) => record.kind,
      project: (record) => record.project ?? '-',
      subject: (record) => `${record.subject.kind} ${record.subject.id}`,
      CPU: (record) => duration(record.cpuSeconds * 1000),
      stored: (record) => bytes(record.bytes),
      amount: (record) => record.amount.toFixed(6),
    },
  })
    .option('--project <name>', 'of one project')
    .option('--limit <n>', 'at most this many', parseInteger);
}
