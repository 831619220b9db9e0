import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addListing } from '../../listing.ts';
import { time } from '../../number-text.ts';
import { parseTime } from '../../option-values.ts';

interface RequestFlags {
  readonly endpoint: string;
  readonly reason: string;
  readonly until: number;
  readonly modelVersion?: string;
}

/** `esteira waivers`: recorded exceptions from one rule, with an end. */
export function addWaiversCommand(program: Command, context: CommandContext): void {
  const waivers = program.command('waivers').description('Exceptions from a rule, with a reason and an end');

  addListing(waivers, context, {
    command: 'list',
    summary: api.governance.waivers.summary,
    read: (query: { project?: string }) => context.client().governance.waivers({ query }),
    columns: {
      id: (waiver) => waiver.id,
      rule: (waiver) => waiver.rule,
      endpoint: (waiver) => waiver.endpoint,
      state: (waiver) => waiver.state,
      by: (waiver) => waiver.requestedBy,
      until: (waiver) => time(waiver.expiresAt),
      reason: (waiver) => waiver.reason,
    },
  }).option('--project <name>', 'of one project');

  waivers
    .command('request <rule>')
    .description(api.governance.requestWaiver.summary)
    .requiredOption('--endpoint <name>', 'where the exception holds')
    .requiredOption('--reason <text>', 'why it is justified, 10 characters or more')
    .requiredOption('--until <time>', 'when it ends, at most 90 days ahead', parseTime)
    .option('--model-version <id>', 'only for this version')
    .action(async (rule: string, { endpoint, reason, until, modelVersion }: RequestFlags) => {
      const { project } = await context.client().serving.endpoint({ params: { name: endpoint } });
      const waiver = await context.client().governance.requestWaiver({
        body: {
          rule,
          project,
          endpoint,
          reason,
          expiresAt: until,
          ...(modelVersion === undefined ? {} : { modelVersionId: modelVersion }),
        },
      });
      context
        .output()
        .result(
          waiver,
          `requested ${waiver.id}; somebody else approves it: esteira waivers approve ${waiver.id}`,
        );
    });

  for (const decision of ['approve', 'reject'] as const) {
    const operation = decision === 'approve' ? 'approveWaiver' : 'rejectWaiver';
    waivers
      .command(`${decision} <id>`)
      .description(api.governance[operation].summary)
      .option('--comment <text>', 'kept with the decision', '')
      .action(async (id: string, body: { comment: string }) => {
        const { governance } = context.client();
        const waiver = await (decision === 'approve'
          ? governance.approveWaiver({ params: { id }, body })
          : governance.rejectWaiver({ params: { id }, body }));
        context.output().result(waiver, `${waiver.id}: ${waiver.state}`);
      });
  }
}
