import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { describeChange, nextStep } from '../../describe-change.ts';

/** `esteira approve`: shows the plan and its digest, asks, and consents to exactly what was shown. */
export function addApproveCommand(program: Command, context: CommandContext): void {
  program
    .command('approve <change>')
    .description(api.governance.approveChange.summary)
    .option('--comment <text>', 'kept with the decision', '')
    .option('-y, --yes', 'consent without being asked')
    .action(async (id: string, { comment, yes }: { comment: string; yes?: true }) => {
      const { governance } = context.client();
      const planned = await governance.change({ params: { id } });
      if (!yes) {
        context.output().progress(`${describeChange(planned)}\n`);
        if (!(await context.confirm(`Consent to the plan ${planned.digest}?`))) {
          context.output().result(planned, 'nothing was decided');
          return;
        }
      }
      const change = await governance.approveChange({
        params: { id },
        body: { digest: planned.digest, comment },
      });
      const count = `${change.approvalsGiven} of ${change.approvalsRequired} approvals`;
      context
        .output()
        .result(change, `approved ${change.id}: ${count}, ${change.state}\n${nextStep(change)}`.trimEnd());
    });
}
