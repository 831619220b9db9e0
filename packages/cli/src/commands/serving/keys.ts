import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addListing } from '../../listing.ts';
import { number, time } from '../../number-text.ts';
import { parseDays, parseInteger, parseNumber } from '../../option-values.ts';

interface CreateFlags {
  readonly name: string;
  readonly requestsPerSecond?: number;
  readonly burst?: number;
  readonly expires?: number;
}

const day = 24 * 60 * 60 * 1000;

/** `esteira keys`: what callers of an endpoint authenticate with. */
export function addKeysCommand(program: Command, context: CommandContext): void {
  const keys = program
    .command('keys')
    .description('Inference keys: what callers of an endpoint authenticate with');

  addListing(keys, context, {
    command: 'list <endpoint>',
    summary: api.serving.keys.summary,
    read: (name: string) => context.client().serving.keys({ params: { name } }),
    columns: {
      id: (key) => key.id,
      name: (key) => key.name,
      'per second': (key) => number(key.requestsPerSecond),
      burst: (key) => number(key.burst),
      expires: (key) => time(key.expiresAt),
      created: (key) => time(key.createdAt),
    },
  });

  keys
    .command('create <endpoint>')
    .description(api.serving.createKey.summary)
    .requiredOption('--name <name>', 'who or what uses it')
    .option('--requests-per-second <n>', 'on average', parseNumber)
    .option('--burst <n>', 'at once', parseInteger)
    .option('--expires <span>', 'how long it works: 90d; for ever unless given', parseDays)
    .action(async (endpoint: string, { expires, ...flags }: CreateFlags) => {
      const expiry = expires === undefined ? {} : { expiresAt: context.now() + expires * day };
      const key = await context
        .client()
        .serving.createKey({ params: { name: endpoint }, body: { ...flags, ...expiry } });
      context.output().result(key, `${key.key}\nshown only now`);
    });

  keys
    .command('revoke <endpoint> <id>')
    .description(api.serving.revokeKey.summary)
    .action(async (name: string, id: string) => {
      const answer = await context.client().serving.revokeKey({ params: { name, id } });
      context.output().result(answer, `revoked ${id}`);
    });
}
