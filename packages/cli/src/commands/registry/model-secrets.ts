import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { readText } from '../../files.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';

/** What remote models are asked with. A value never stands on the command line, where every process could read it. */
export function addModelSecretCommands(models: Command, context: CommandContext): void {
  const secrets = models.command('secrets').description('What remote models are asked with');
  secrets
    .command('put <name>')
    .description(api.serving.putModelSecret.summary)
    .requiredOption('--origin <url>', 'the server that is told it: scheme, host and port')
    .requiredOption(
      '--value-file <file>',
      'a file that holds it, or - for standard input; spaces around it do not count',
    )
    .action(async (name: string, { origin, valueFile }: { origin: string; valueFile: string }) => {
      const value = (await readText(context, valueFile)).trim();
      const kept = await context
        .client()
        .serving.putModelSecret({ params: { name }, body: { origin, value } });
      context.output().result(kept, `${kept.name} is told to ${kept.origin} alone`);
    });

  secrets
    .command('delete <name>')
    .description(api.serving.deleteModelSecret.summary)
    .action(async (name: string) => {
      await context.client().serving.deleteModelSecret({ params: { name } });
      context.output().result({ name }, `${name} is forgotten`);
    });

  addPagedListing(secrets, context, {
    command: 'list',
    summary: api.serving.modelSecrets.summary,
    read: (query: PageFlags) => context.client().serving.modelSecrets({ query }),
    columns: {
      name: (secret) => secret.name,
      origin: (secret) => secret.origin,
      'put by': (secret) => secret.createdBy,
      at: (secret) => time(secret.createdAt),
    },
  });
}
