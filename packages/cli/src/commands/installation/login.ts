import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { saveCredentials } from '../../connection.ts';

/** `esteira login`: checks the token and saves it with the URL. */
export function addLoginCommand(program: Command, context: CommandContext): void {
  program
    .command('login')
    .description('Save the address and token that later commands use')
    .requiredOption('--url <url>', 'address of the control plane')
    .requiredOption('--token <token>', 'API token')
    .action(async ({ url, token }: { url: string; token: string }) => {
      const { createClient } = await import('@esteira/sdk');
      const me = await createClient({ url, token }).governance.me();
      const file = saveCredentials(context.environment, { url, token });
      context
        .output()
        .result({ url, name: me.name, file }, `Signed in to ${url} as ${me.name}; saved in ${file}`);
    });
}
