import { api, type Role, roles } from '@esteira/contracts';
import { ApiError } from '@esteira/sdk';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';

/** `esteira users`: people and service accounts. */
export function addUsersCommand(program: Command, context: CommandContext): void {
  const users = program.command('users').description('People and service accounts');

  addPagedListing(users, context, {
    command: 'list',
    summary: api.governance.listUsers.summary,
    read: (flags: PageFlags) => context.client().governance.listUsers({ query: flags }),
    columns: {
      name: (user) => user.name,
      kind: (user) => user.kind,
      roles: (user) => user.roles.join(', '),
      disabled: (user) => (user.disabled ? 'yes' : ''),
      'last sign-in': (user) => time(user.lastSignInAt),
      id: (user) => user.id,
    },
  });

  users
    .command('add <name>')
    .description(api.governance.createUser.summary)
    .addOption(roleOption().makeOptionMandatory())
    .option('--service', 'a service account, which only has tokens')
    .action(async (name: string, flags: { role: Role[]; service?: true }) => {
      const kind = flags.service ? ('service' as const) : ('user' as const);
      const user = await context.client().governance.createUser({ body: { name, kind, roles: flags.role } });
      const next = flags.service ? `esteira tokens create --for ${name}` : `esteira users link ${name}`;
      context.output().result(user, `added ${user.name} (${user.roles.join(', ')}); next: ${next}`);
    });

  users
    .command('link <name>')
    .description(api.governance.createSignInLink.summary)
    .action(async (name: string) => {
      const { id } = await findUser(context, name);
      const link = await context.client().governance.createSignInLink({ body: { userId: id } });
      const url = `${context.serverUrl()}${link.path}`;
      context.output().result({ ...link, url }, `${url}\nworks once, until ${time(link.expiresAt)} UTC`);
    });

  users
    .command('roles <name>')
    .description('Replace the roles of a user; works at once on sessions and tokens')
    .addOption(roleOption().makeOptionMandatory())
    .action(async (name: string, flags: { role: Role[] }) => {
      await update(name, { roles: flags.role });
    });
  users
    .command('disable <name>')
    .description('Lock a user out, at once, with all sessions and tokens')
    .action(async (name: string) => {
      await update(name, { disabled: true });
    });
  users
    .command('enable <name>')
    .description('Let a disabled user in again')
    .action(async (name: string) => {
      await update(name, { disabled: false });
    });

  async function update(name: string, body: { roles?: Role[]; disabled?: boolean }): Promise<void> {
    const { id } = await findUser(context, name);
    const user = await context.client().governance.updateUser({ params: { id }, body });
    context
      .output()
      .result(user, `${user.name}: ${user.roles.join(', ')}${user.disabled ? ', disabled' : ''}`);
  }
}

/** `--role` may be given several times; only roles that exist are taken. */
export function roleOption(): Option {
  return new Option('--role <role...>', 'one or more roles').choices(roles);
}

/** Finds a user by name, whatever page they are on. */
export async function findUser(context: CommandContext, name: string): Promise<{ id: string; name: string }> {
  let cursor: string | undefined;
  do {
    const page = await context
      .client()
      .governance.listUsers({ query: { limit: 1000, ...(cursor === undefined ? {} : { cursor }) } });
    const user = page.items.find((candidate) => candidate.name === name || candidate.id === name);
    if (user) return user;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  throw usageError(`There is no user ${name}.`, 'list them: esteira users list');
}

/** Users by id and name: all, or oneself where one may not read the others. */
export async function usersOneMaySee(
  context: CommandContext,
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const { governance } = context.client();
  try {
    return (await governance.listUsers({ query: { limit: 1000 } })).items;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    return [await governance.me()];
  }
}
