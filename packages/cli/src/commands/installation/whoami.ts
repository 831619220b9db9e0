import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { facts } from '../../output.ts';

/** `esteira whoami`: the identity and permissions of the token in use. */
export function addWhoamiCommand(program: Command, context: CommandContext): void {
  program
    .command('whoami')
    .description(api.governance.me.summary)
    .action(async () => {
      const me = await context.client().governance.me();
      const text = facts([
        ['name', `${me.name} (${me.kind})`],
        ['id', me.id],
        ['workspace', me.workspace],
        ['roles', me.roles.join(', ')],
        ['permissions', me.permissions.join('\n')],
      ]);
      context.output().result(me, text);
    });
}
