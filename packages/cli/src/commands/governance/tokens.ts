import { api, type Role } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';
import { parseDays } from '../../option-values.ts';
import { findUser, roleOption } from './users.ts';

/** `esteira tokens`: API tokens of oneself and of service accounts. */
export function addTokensCommand(program: Command, context: CommandContext): void {
  const tokens = program.command('tokens').description('API tokens');

  addPagedListing(tokens, context, {
    command: 'list',
    summary: api.governance.listTokens.summary,
    read: async ({ for: owner, ...query }: PageFlags & { for?: string }) => {
      const userId = owner === undefined ? {} : { userId: (await findUser(context, owner)).id };
      return await context.client().governance.listTokens({ query: { ...query, ...userId } });
    },
    columns: {
      name: (token) => token.name,
      token: (token) => `${token.publicId}…${token.suffix}`,
      roles: (token) => token.roles?.join(', ') ?? "the user's",
      'last used': (token) => time(token.lastUsedAt),
      expires: (token) => time(token.expiresAt),
      state: (token) => (token.revokedAt === undefined ? 'in force' : 'revoked'),
      id: (token) => token.id,
    },
  }).option('--for <user>', 'tokens of another user');

  tokens
    .command('create [name]')
    .description(api.governance.createToken.summary)
    .addOption(roleOption())
    .option('--expires <span>', 'how long it works: 90d, 12w; at most a year', parseDays, 90)
    .option('--for <user>', 'a service account, instead of oneself')
    .action(async (name: string | undefined, flags: { role?: Role[]; expires: number; for?: string }) => {
      const created = await context.client().governance.createToken({
        body: {
          name: name ?? 'cli',
          expiresInDays: flags.expires,
          ...(flags.role ? { roles: flags.role } : {}),
          ...(flags.for === undefined ? {} : { userId: (await findUser(context, flags.for)).id }),
        },
      });
      const expires = time(created.token.expiresAt);
      context.output().result(created, `${created.secret}\nshown only now; works until ${expires} UTC`);
    });

  tokens
    .command('revoke <id>')
    .description(api.governance.revokeToken.summary)
    .action(async (id: string) => {
      const token = await context.client().governance.revokeToken({ params: { id } });
      context.output().result(token, `revoked ${token.name} ${token.publicId}…${token.suffix}`);
    });
}
