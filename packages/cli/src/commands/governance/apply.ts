import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { describeChange } from '../../describe-change.ts';
import { exitCodeOfChange, followChange } from '../../follow/follow-change.ts';

/** `esteira apply`: applies an approved change and follows it to its end. */
export function addApplyCommand(program: Command, context: CommandContext): void {
  program
    .command('apply <change>')
    .description(api.governance.applyChange.summary)
    .option('--no-wait', 'return at once; the change goes on by itself')
    .action(async (id: string, { wait }: { wait: boolean }) => {
      await applyChange(context, id, wait);
    });
}

/** Starts applying, waits for the end unless told otherwise, prints the change and sets the exit code. */
export async function applyChange(context: CommandContext, id: string, wait: boolean): Promise<void> {
  const begun = await context.client().governance.applyChange({ params: { id } });
  const change = wait ? await followChange(context, id) : begun;
  context.output().result(change, describeChange(change));
  context.exitWith(exitCodeOfChange(change));
}
