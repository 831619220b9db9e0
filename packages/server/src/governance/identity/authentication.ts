import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { isLive, tokenParts } from './api-token.ts';
import type { Authenticated } from './authenticated.ts';
import { actorOf } from './principal.ts';
import { findPrincipal } from './principal-store.ts';
import { hashSecret, sameText } from './secret.ts';
import { csrfTokenOf, needsCsrfToken, sessionEnd } from './session.ts';
import { findSession, touchSession } from './session-store.ts';
import type { TokenCache, VerifiedToken } from './token-cache.ts';
import { findTokenByPublicId, touchToken } from './token-store.ts';

/** What a request brings to show who it is. */
export interface Credentials {
  readonly method: string;
  /** The header `Authorization`: `Bearer <token>`, or `Basic` with any name and the token as password. */
  readonly authorization?: string | undefined;
  readonly sessionCookie?: string | undefined;
  /** The header `x-esteira-csrf`. */
  readonly csrfHeader?: string | undefined;
}

export type AuthenticationOutcome =
  | { readonly kind: 'authenticated'; readonly authenticated: Authenticated }
  | { readonly kind: 'unauthenticated' }
  | { readonly kind: 'csrf-failed' };

export interface AuthenticationDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tokenCache: TokenCache;
}

const unauthenticated: AuthenticationOutcome = { kind: 'unauthenticated' };
const touchIntervalMs = 60_000;
// Longer ones are no tokens; hashing them would be work for a stranger.
const maxCredentialLength = 512;

/**
 * Finds out who a request speaks for. An `Authorization` header decides alone: with a bad token in it, a good cookie does
 * not help. Never throws for bad credentials.
 */
export async function authenticate(
  deps: AuthenticationDeps,
  credentials: Credentials,
): Promise<AuthenticationOutcome> {
  if (credentials.authorization !== undefined) {
    const token = tokenIn(credentials.authorization);
    return token === undefined ? unauthenticated : authenticateToken(deps, token);
  }
  if (credentials.sessionCookie === undefined) return unauthenticated;
  return authenticateSession(deps, credentials.sessionCookie, credentials);
}

async function authenticateToken(deps: AuthenticationDeps, token: string): Promise<AuthenticationOutcome> {
  const key = hashSecret(token);
  const now = deps.clock.now();
  const verified = deps.tokenCache.find(key, now) ?? (await verifyToken(deps, token, key, now));
  if (verified === undefined) return unauthenticated;
  if (verified.lastUsedAt === undefined || now - verified.lastUsedAt >= touchIntervalMs) {
    verified.lastUsedAt = now;
    await note(deps, (tx) => touchToken(tx, verified.tokenId, now));
  }
  return { kind: 'authenticated', authenticated: verified.authenticated };
}

async function verifyToken(
  deps: AuthenticationDeps,
  token: string,
  key: string,
  now: number,
): Promise<VerifiedToken | undefined> {
  const { generation } = deps.tokenCache;
  const parts = tokenParts(token);
  const stored = await findTokenByPublicId(deps.sql, parts.publicId);
  if (stored === undefined || !sameText(stored.secretHash, parts.secretHash) || !isLive(stored, now))
    return undefined;
  const principal = await findPrincipal(deps.sql, stored.workspace, stored.principalId);
  if (principal === undefined || principal.disabledAt !== undefined) return undefined;
  const actor = actorOf(principal, stored.roles);
  const verified: VerifiedToken = {
    authenticated: { actor, workspace: principal.workspace, tokenId: stored.id },
    tokenId: stored.id,
    expiresAt: stored.expiresAt,
    cachedAt: now,
    lastUsedAt: stored.lastUsedAt,
  };
  deps.tokenCache.keep(key, verified, generation);
  return verified;
}

async function authenticateSession(
  deps: AuthenticationDeps,
  cookie: string,
  credentials: Credentials,
): Promise<AuthenticationOutcome> {
  if (cookie.length > maxCredentialLength) return unauthenticated;
  const now = deps.clock.now();
  const session = await findSession(deps.sql, hashSecret(cookie));
  if (session === undefined || now >= sessionEnd(session)) return unauthenticated;
  const principal = await findPrincipal(deps.sql, session.workspace, session.principalId);
  if (principal === undefined || principal.disabledAt !== undefined) return unauthenticated;
  const csrfToken = csrfTokenOf(cookie);
  if (needsCsrfToken(credentials.method) && !sameText(credentials.csrfHeader ?? '', csrfToken)) {
    return { kind: 'csrf-failed' };
  }
  if (now - session.lastSeenAt >= touchIntervalMs)
    await note(deps, (tx) => touchSession(tx, session.id, now));
  return {
    kind: 'authenticated',
    authenticated: {
      actor: actorOf(principal),
      workspace: principal.workspace,
      session: { id: session.id, csrfToken },
    },
  };
}

// When the disk is full people must still be able to look around, so that a last-used time that cannot be written is
// no reason to refuse them.
async function note(
  deps: AuthenticationDeps,
  write: Parameters<SqlDatabase['transaction']>[0],
): Promise<void> {
  try {
    await deps.sql.transaction(write);
  } catch (error) {
    deps.logger.warn({ err: error }, 'the last use of a credential could not be written');
  }
}

function tokenIn(authorization: string): string | undefined {
  const [, scheme, value] = /^(\S+) +(\S+) *$/.exec(authorization.slice(0, 2 * maxCredentialLength)) ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  const token = tokenOf(scheme.toLowerCase(), value);
  return token === undefined || token === '' || token.length > maxCredentialLength ? undefined : token;
}

function tokenOf(scheme: string, value: string): string | undefined {
  if (scheme === 'bearer') return value;
  return scheme === 'basic' ? password(value) : undefined;
}

/** RFC 7617: base64 of `name:password`; the name may not hold a colon, the password may. */
function password(encoded: string): string | undefined {
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}
