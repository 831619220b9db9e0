import type { ApiToken, Role } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { pagesById } from '../../kernel/paging.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { mintToken, type StoredToken, tokenParts } from './api-token.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { assertMayManage, assertTokenFits, type Principal } from './principal.ts';
import { findPrincipal, findPrincipalByName } from './principal-store.ts';
import { requirePermission } from './require-permission.ts';
import { findToken, insertToken, listTokens, revokeTokenRow, revokeTokensOf } from './token-store.ts';
import { changePrincipal, createPrincipal } from './users-service.ts';

const pages = pagesById('tokens');

export interface NewToken {
  readonly name: string;
  /** A service account; undefined: oneself. */
  readonly userId?: string | undefined;
  readonly roles?: readonly Role[] | undefined;
  readonly expiresAt: number | undefined;
}

export interface IssuedToken {
  readonly token: ApiToken;
  /** The whole token; exists only in this answer. */
  readonly secret: string;
}

/** API tokens: one's own, and with tokens:manage those of service accounts. */
export interface TokensService {
  /** Throws FORBIDDEN, USER_NOT_FOUND, USER_DISABLED, USER_KIND_UNSUITABLE, TOKEN_TOO_WIDE. */
  create(context: RequestContext, token: NewToken): Promise<IssuedToken>;
  /** Throws FORBIDDEN, INVALID_REQUEST for a foreign cursor. */
  list(
    context: RequestContext,
    query: { limit: number; cursor?: string | undefined; userId?: string | undefined },
  ): Promise<TokenPage>;
  /** Works at once in every process on the database. Revoking twice is no error. Throws TOKEN_NOT_FOUND, OWNER_PROTECTED. */
  revoke(context: RequestContext, id: string): Promise<ApiToken>;
  /**
   * A token for a part of the platform or a model server: finds or makes the service account, gives it exactly these
   * roles. `replace` revokes the account's earlier tokens. Throws as `create` of users and tokens does.
   */
  issueServiceToken(
    context: RequestContext,
    service: { name: string; roles: readonly Role[]; expiresAt?: number; replace?: boolean },
  ): Promise<IssuedToken & { readonly userId: string }>;
  /** Revokes every token of a service account; one that is not there has none. Throws FORBIDDEN. */
  revokeServiceTokens(context: RequestContext, name: string): Promise<void>;
}

interface TokenPage {
  readonly items: ApiToken[];
  readonly nextCursor?: string;
}

export function createTokensService(deps: IdentityDeps): TokensService {
  return {
    async create(context, wanted) {
      return deps.sql.transaction(async (tx) => {
        const owner = await tokenUser(tx, context, wanted.userId);
        if (owner.disabledAt !== undefined) throw esteiraError('USER_DISABLED', { name: owner.name });
        assertTokenFits(context, owner, wanted.roles);
        return issueToken(tx, deps, context, owner, wanted);
      });
    },

    async list(context, query) {
      const userId = query.userId ?? context.actor.id;
      if (userId !== context.actor.id) requirePermission(context, 'tokens:manage');
      const found = await listTokens(deps.sql, context.workspace, userId, {
        limit: query.limit + 1,
        ...pages.before(query.cursor),
      });
      return pages.of(found, query.limit, storedToToken);
    },

    async revoke(context, id) {
      return deps.sql.transaction(async (tx) => {
        const token = await findToken(tx, context.workspace, id);
        const own = token?.principalId === context.actor.id;
        // To somebody without the permission, the tokens of others do not exist.
        if (token === undefined || (!own && !context.actor.permissions.has('tokens:manage'))) {
          throw esteiraError('TOKEN_NOT_FOUND', { id });
        }
        const user = await findPrincipal(tx, context.workspace, token.principalId);
        if (!own && user !== undefined) assertMayManage(context.actor, user);
        if (token.revokedAt !== undefined) return storedToToken(token);
        const now = deps.clock.now();
        await revokeTokenRow(tx, context.workspace, id, now);
        await deps.audit.record(tx, context, {
          action: 'identity.token.revoked',
          subject: { kind: 'token', id },
          details: { userId: token.principalId },
        });
        tx.announce('tokens', token.principalId);
        return storedToToken({ ...token, revokedAt: now });
      });
    },

    async issueServiceToken(context, service) {
      requirePermission(context, 'users:manage');
      requirePermission(context, 'tokens:manage');
      return deps.sql.transaction(async (tx) => {
        const account = await serviceAccount(tx, deps, context, service);
        assertTokenFits(context, account, undefined);
        if (service.replace === true) {
          await revokeTokensOf(tx, context.workspace, account.id, deps.clock.now());
          tx.announce('tokens', account.id);
        }
        const issued = await issueToken(tx, deps, context, account, {
          name: 'issued',
          expiresAt: service.expiresAt,
        });
        return { ...issued, userId: account.id };
      });
    },

    async revokeServiceTokens(context, name) {
      requirePermission(context, 'tokens:manage');
      await deps.sql.transaction(async (tx) => {
        const account = await findPrincipalByName(tx, context.workspace, name);
        if (account === undefined || account.kind !== 'service') return;
        await revokeTokensOf(tx, context.workspace, account.id, deps.clock.now());
        await deps.audit.record(tx, context, {
          action: 'identity.service-tokens.revoked',
          subject: { kind: 'service', id: account.id },
          details: { name },
        });
        tx.announce('tokens', account.id);
      });
    },
  };
}

// People make their own tokens; nobody makes a token that speaks for another person. A service account makes none: who
// had stolen one of its tokens could otherwise outlive its revocation.
async function tokenUser(
  tx: SqlTransaction,
  context: RequestContext,
  userId: string | undefined,
): Promise<Principal> {
  const id = userId ?? context.actor.id;
  const own = id === context.actor.id;
  if (!own || context.actor.kind !== 'user') requirePermission(context, 'tokens:manage');
  const user = await findPrincipal(tx, context.workspace, id);
  if (user === undefined) throw esteiraError('USER_NOT_FOUND', { id });
  if (!own && user.kind !== 'service') {
    throw esteiraError('USER_KIND_UNSUITABLE', {
      name: user.name,
      problem: 'people make their tokens themselves',
    });
  }
  return user;
}

async function serviceAccount(
  tx: SqlTransaction,
  deps: IdentityDeps,
  context: RequestContext,
  service: { name: string; roles: readonly Role[] },
): Promise<Principal> {
  const known = await findPrincipalByName(tx, context.workspace, service.name);
  if (known === undefined) return createPrincipal(tx, deps, context, { ...service, kind: 'service' });
  if (known.kind !== 'service') throw esteiraError('USER_NAME_TAKEN', { name: service.name });
  if (known.disabledAt !== undefined) throw esteiraError('USER_DISABLED', { name: known.name });
  const wanted = new Set(service.roles);
  if (wanted.size === known.roles.length && known.roles.every((role) => wanted.has(role))) return known;
  return changePrincipal(tx, deps, context, known, { roles: service.roles });
}

/** Makes a token of given or fresh secret inside the caller's transaction. Rules are checked by the caller. */
export async function issueToken(
  tx: SqlTransaction,
  deps: IdentityDeps,
  context: RequestContext,
  principal: Principal,
  wanted: NewToken & { readonly secret?: string },
): Promise<IssuedToken> {
  const secret = wanted.secret ?? mintToken(deps.random);
  const stored: StoredToken = {
    id: deps.ids.next('tok'),
    workspace: principal.workspace,
    principalId: principal.id,
    name: wanted.name,
    ...tokenParts(secret),
    roles: wanted.roles === undefined ? undefined : [...new Set(wanted.roles)],
    createdAt: deps.clock.now(),
    expiresAt: wanted.expiresAt,
    revokedAt: undefined,
    lastUsedAt: undefined,
  };
  await insertToken(tx, stored);
  await deps.audit.record(tx, context, {
    action: 'identity.token.created',
    subject: { kind: 'token', id: stored.id },
    details: { userId: principal.id, roles: stored.roles ?? null, expiresAt: stored.expiresAt ?? null },
  });
  return { token: storedToToken(stored), secret };
}

function storedToToken(token: StoredToken): ApiToken {
  return {
    id: token.id,
    userId: token.principalId,
    name: token.name,
    publicId: token.publicId,
    suffix: token.suffix,
    createdAt: token.createdAt,
    ...(token.roles === undefined ? {} : { roles: [...token.roles] }),
    ...(token.expiresAt === undefined ? {} : { expiresAt: token.expiresAt }),
    ...(token.revokedAt === undefined ? {} : { revokedAt: token.revokedAt }),
    ...(token.lastUsedAt === undefined ? {} : { lastUsedAt: token.lastUsedAt }),
  };
}
