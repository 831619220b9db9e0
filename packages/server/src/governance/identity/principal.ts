import { type Permission, permissions, type Role, rolePermissions } from '@esteira/contracts';
import type { Actor, RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';

/** A person or a service account of a workspace. */
export interface Principal {
  readonly id: string;
  readonly workspace: string;
  readonly kind: 'user' | 'service';
  readonly name: string;
  readonly roles: readonly Role[];
  readonly disabledAt: number | undefined;
  readonly createdAt: number;
  readonly lastSignInAt: number | undefined;
}

/** The platform acting on its own account: schedules, monitors, start-up. */
export const systemActor: Actor = {
  id: 'system',
  kind: 'system',
  name: 'Esteira',
  roles: [],
  permissions: new Set(permissions),
};

function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => rolePermissions[role]));
}

/**
 * What a principal may do, through a token with narrower roles or without. A token keeps to the roles its user still
 * covers, so that taking a role from the user takes it from the token.
 */
export function actorOf(principal: Principal, tokenRoles?: readonly Role[]): Actor {
  const { id, kind, name } = principal;
  const own = permissionsOf(principal.roles);
  if (tokenRoles === undefined) return { id, kind, name, roles: principal.roles, permissions: own };
  const roles = tokenRoles.filter((role) => coversRole(principal.roles, own, role));
  return { id, kind, name, roles, permissions: permissionsOf(roles) };
}

/**
 * Nobody grants more than they hold. Owners may grant every role; the role `owner` and the identity of a model server,
 * `data-plane`, only they. Throws ROLE_NOT_GRANTABLE.
 */
export function assertMayGrant(actor: Actor, roles: readonly Role[]): void {
  for (const role of roles) {
    if (isOwner(actor) || coversRole(actor.roles, actor.permissions, role)) continue;
    throw esteiraError('ROLE_NOT_GRANTABLE', { actor: actor.name, role });
  }
}

/** Only owners change owners, or sign them in. Throws OWNER_PROTECTED. */
export function assertMayManage(actor: Actor, target: Principal): void {
  if (!target.roles.includes('owner') || isOwner(actor)) return;
  throw esteiraError('OWNER_PROTECTED', { actor: actor.name, name: target.name });
}

/** Persons own and sign in; model servers are service accounts. Throws USER_KIND_UNSUITABLE. */
export function assertRolesFitKind(kind: Principal['kind'], name: string, roles: readonly Role[]): void {
  if (kind === 'service' && roles.includes('owner')) {
    throw esteiraError('USER_KIND_UNSUITABLE', { name, problem: 'a service account cannot be an owner' });
  }
  if (kind === 'user' && roles.includes('data-plane')) {
    throw esteiraError('USER_KIND_UNSUITABLE', { name, problem: 'a person cannot be a model server' });
  }
}

/**
 * A token exceeds neither its user nor the identity that makes it, which may itself be a narrowed token. Throws
 * TOKEN_TOO_WIDE.
 */
export function assertTokenFits(
  context: RequestContext,
  target: Principal,
  roles: readonly Role[] | undefined,
): void {
  const { actor } = context;
  const held = permissionsOf(target.roles);
  for (const role of roles ?? target.roles) {
    const withinTarget = roles === undefined || coversRole(target.roles, held, role);
    const withinMaker = isOwner(actor) || coversRole(actor.roles, actor.permissions, role);
    if (!withinTarget || !withinMaker) throw esteiraError('TOKEN_TOO_WIDE', { role });
  }
}

function isOwner(actor: Actor): boolean {
  return actor.kind === 'system' || actor.roles.includes('owner');
}

// By permissions an administrator covers the role owner, whose further rights are in the rules above.
function coversRole(roles: readonly Role[], held: ReadonlySet<Permission>, role: Role): boolean {
  if (role === 'owner') return roles.includes('owner');
  return rolePermissions[role].every((permission) => held.has(permission));
}
