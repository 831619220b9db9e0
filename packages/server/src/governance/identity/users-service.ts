import type { Role, User } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { pagesById } from '../../kernel/paging.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { assertMayGrant, assertMayManage, assertRolesFitKind, type Principal } from './principal.ts';
import {
  enabledOwners,
  findPrincipal,
  findPrincipalByName,
  insertPrincipal,
  listPrincipals,
  updatePrincipal,
} from './principal-store.ts';
import { requirePermission } from './require-permission.ts';
import { deleteSessionsOf } from './session-store.ts';

const pages = pagesById('users');

export interface NewUser {
  readonly name: string;
  readonly kind: 'user' | 'service';
  readonly roles: readonly Role[];
}

export interface UserChange {
  readonly roles?: readonly Role[] | undefined;
  readonly disabled?: boolean | undefined;
}

/** People and service accounts of a workspace. Needs users:manage, to list users:read. */
export interface UsersService {
  /** Throws FORBIDDEN, ROLE_NOT_GRANTABLE, USER_KIND_UNSUITABLE, USER_NAME_TAKEN. */
  create(context: RequestContext, user: NewUser): Promise<User>;
  /**
   * Throws FORBIDDEN, USER_NOT_FOUND, OWNER_PROTECTED, ROLE_NOT_GRANTABLE, USER_KIND_UNSUITABLE, LAST_OWNER. Disabling
   * ends the sessions; tokens stay, and work again when the user is enabled.
   */
  update(context: RequestContext, id: string, change: UserChange): Promise<User>;
  /** Throws FORBIDDEN, INVALID_REQUEST for a foreign cursor. */
  list(context: RequestContext, page: { limit: number; cursor?: string | undefined }): Promise<UserPage>;
}

interface UserPage {
  readonly items: User[];
  readonly nextCursor?: string;
}

export function createUsersService(deps: IdentityDeps): UsersService {
  return {
    async create(context, user) {
      requirePermission(context, 'users:manage');
      return deps.sql.transaction(async (tx) =>
        principalToUser(await createPrincipal(tx, deps, context, user)),
      );
    },

    async update(context, id, change) {
      requirePermission(context, 'users:manage');
      return deps.sql.transaction(async (tx) => {
        const before = await findPrincipal(tx, context.workspace, id);
        if (before === undefined) throw esteiraError('USER_NOT_FOUND', { id });
        return principalToUser(await changePrincipal(tx, deps, context, before, change));
      });
    },

    async list(context, page) {
      requirePermission(context, 'users:read');
      const found = await listPrincipals(deps.sql, context.workspace, {
        limit: page.limit + 1,
        ...pages.before(page.cursor),
      });
      return pages.of(found, page.limit, principalToUser);
    },
  };
}

/** Creates a principal inside the caller's transaction, under the same rules and with the same audit row. */
export async function createPrincipal(
  tx: SqlTransaction,
  deps: IdentityDeps,
  context: RequestContext,
  user: NewUser,
): Promise<Principal> {
  assertMayGrant(context.actor, user.roles);
  assertRolesFitKind(user.kind, user.name, user.roles);
  if ((await findPrincipalByName(tx, context.workspace, user.name)) !== undefined) {
    throw esteiraError('USER_NAME_TAKEN', { name: user.name });
  }
  const principal: Principal = {
    id: deps.ids.next(user.kind === 'user' ? 'usr' : 'svc'),
    workspace: context.workspace,
    kind: user.kind,
    name: user.name,
    roles: [...new Set(user.roles)],
    disabledAt: undefined,
    createdAt: deps.clock.now(),
    lastSignInAt: undefined,
  };
  await insertPrincipal(tx, principal);
  await deps.audit.record(tx, context, {
    action: 'identity.user.created',
    subject: { kind: principal.kind, id: principal.id },
    details: { roles: principal.roles },
  });
  return principal;
}

/** Changes roles and state inside the caller's transaction; cached tokens are dropped with its commit. */
export async function changePrincipal(
  tx: SqlTransaction,
  deps: IdentityDeps,
  context: RequestContext,
  before: Principal,
  change: UserChange,
): Promise<Principal> {
  assertMayManage(context.actor, before);
  const roles = [...new Set(change.roles ?? before.roles)];
  const disabled = change.disabled ?? before.disabledAt !== undefined;
  assertMayGrant(
    context.actor,
    roles.filter((role) => !before.roles.includes(role)),
  );
  assertRolesFitKind(before.kind, before.name, roles);
  const ownerAfter = !disabled && roles.includes('owner');
  if (!ownerAfter) await assertNotLastOwner(tx, before);
  const after: Principal = {
    ...before,
    roles,
    disabledAt: disabled ? (before.disabledAt ?? deps.clock.now()) : undefined,
  };
  await updatePrincipal(tx, after);
  if (disabled) await deleteSessionsOf(tx, before.id);
  await deps.audit.record(tx, context, {
    action: 'identity.user.changed',
    subject: { kind: before.kind, id: before.id },
    details: {
      before: { roles: before.roles, disabled: before.disabledAt !== undefined },
      after: { roles, disabled },
    },
  });
  tx.announce('tokens', before.id);
  return after;
}

async function assertNotLastOwner(tx: SqlTransaction, principal: Principal): Promise<void> {
  const owners = await enabledOwners(tx, principal.workspace);
  if (owners.length === 1 && owners[0]?.id === principal.id)
    throw esteiraError('LAST_OWNER', { name: principal.name });
}

function principalToUser(principal: Principal): User {
  return {
    id: principal.id,
    kind: principal.kind,
    name: principal.name,
    roles: [...principal.roles],
    disabled: principal.disabledAt !== undefined,
    createdAt: principal.createdAt,
    ...(principal.lastSignInAt === undefined ? {} : { lastSignInAt: principal.lastSignInAt }),
  };
}
