import { api, type PolicyOverlay } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { readDocument } from '../../files.ts';
import { facts, paragraphs, table } from '../../output.ts';

type EffectivePolicies = Awaited<
  ReturnType<ReturnType<CommandContext['client']>['governance']['effectivePolicies']>
>;

/** `esteira policies`: the rules that gates judge by. */
export function addPoliciesCommand(program: Command, context: CommandContext): void {
  const policies = program.command('policies').description('The rules that gates judge by');

  policies
    .command('show')
    .description(api.governance.effectivePolicies.summary)
    .action(async () => {
      const effective = await context.client().governance.effectivePolicies();
      context.output().result(effective, describePolicies(effective));
    });

  policies
    .command('put <file>')
    .description(api.governance.putPolicies.summary)
    .action(async (file: string) => {
      const body = await readDocument<PolicyOverlay>(context, file);
      const effective = await context.client().governance.putPolicies({ body });
      context.output().result(effective, describePolicies(effective));
    });
}

function describePolicies(effective: EffectivePolicies): string {
  return paragraphs(
    facts([
      ['policy', effective.policy],
      ['digest', effective.digest],
      ['overlay', `version ${effective.overlayVersion}`],
      [
        'approvals',
        Object.entries(effective.approvals)
          .map(([stage, count]) => `${stage} ${count}`)
          .join(', '),
      ],
    ]),
    table(effective.rules, {
      rule: (rule) => rule.id,
      title: (rule) => rule.title,
      stages: (rule) => rule.stages.join(', '),
      moment: (rule) => rule.moment,
      source: (rule) => rule.source,
      'off in': (rule) => rule.disabledStages.join(', '),
    }),
  );
}
