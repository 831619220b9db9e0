import { api, type RetentionKind, type RetentionPolicy, retentionKinds } from '@esteira/contracts';
import { ApiError } from '@esteira/sdk';
import { Argument, type Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { describeChange, nextStep } from '../../describe-change.ts';
import { exitCodeOfChange } from '../../follow/follow-change.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';
import { parseDays } from '../../option-values.ts';
import { paragraphs } from '../../output.ts';

interface SetFlags {
  readonly project?: string;
  readonly reason?: string;
}

/** `esteira retention`: for how long things are kept. */
export function addRetentionCommand(program: Command, context: CommandContext): void {
  const retention = program.command('retention').description('For how long things are kept');
  const kind = () => new Argument('<kind>', 'what is kept').choices(retentionKinds);

  addPagedListing(retention, context, {
    command: 'list',
    summary: api.governance.retentionPolicies.summary,
    read: (query: PageFlags) => context.client().governance.retentionPolicies({ query }),
    columns: {
      kind: (policy) => policy.kind,
      project: (policy) => policy.project ?? '(every other)',
      'kept for': (policy) => daysText(policy.days),
      'at least': (policy) => (policy.minimumDays === null ? '-' : daysText(policy.minimumDays)),
      set: (policy) => time(policy.updatedAt),
      by: (policy) => policy.updatedBy ?? '-',
    },
  });

  retention
    .command('set')
    .description(api.governance.putRetentionPolicy.summary)
    .addArgument(kind())
    .argument('<days>', 'whole days, such as 365d, or "forever"', (text) =>
      text === 'forever' ? text : parseDays(text),
    )
    .option('--project <name>', 'of one project')
    .option('--reason <text>', 'requests the change where one is needed; 10 characters or more')
    .action(async (of: RetentionKind, days: number | 'forever', { project, reason }: SetFlags) => {
      const body = { project: project ?? null, days: days === 'forever' ? null : days };
      try {
        const { governance } = context.client();
        const policy = await governance.putRetentionPolicy({ params: { kind: of }, body });
        context.output().result(policy, describePolicy(policy));
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'RETENTION_NEEDS_CHANGE' || reason === undefined)
          throw error;
        const subject = { kind: of, ...body, reason, asOf: context.now() };
        const { governance } = context.client();
        const change = await governance.requestChange({ body: { kind: 'retention.shorten', subject } });
        context.output().result(change, paragraphs(describeChange(change), nextStep(change)));
        context.exitWith(exitCodeOfChange(change));
      }
    });

  retention
    .command('unset')
    .description(api.governance.deleteRetentionPolicy.summary)
    .addArgument(kind())
    .option('--project <name>', 'of one project')
    .action(async (of: RetentionKind, query: { project?: string }) => {
      const { governance } = context.client();
      const policy = await governance.deleteRetentionPolicy({ params: { kind: of }, query });
      context.output().result(policy, describePolicy(policy));
    });
}

function describePolicy({ kind, project, days }: RetentionPolicy): string {
  return `${kind} of ${project === null ? 'every other project' : `the project ${project}`}: kept for ${daysText(days)}`;
}

function daysText(days: number | null): string {
  return days === null ? 'ever' : `${days} days`;
}
