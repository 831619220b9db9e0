import { createHmac } from 'node:crypto';
import type { RandomSource } from '../../kernel/random-source.ts';
import { mintSecret } from './secret.ts';

/** A signed-in browser as kept: a hash of what its cookie holds. */
export interface Session {
  readonly id: string;
  readonly workspace: string;
  readonly principalId: string;
  readonly secretHash: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
}

const hourMs = 3_600_000;
const idleMs = 12 * hourMs;
const absoluteMs = 7 * 24 * hourMs;

export function mintSessionToken(random: RandomSource): string {
  return `ess_${mintSecret(random)}`;
}

/** When the session ends if nothing more is heard of it: 12 hours after the last request, at most 7 days after sign-in. */
export function sessionEnd(session: Pick<Session, 'createdAt' | 'lastSeenAt'>): number {
  return Math.min(session.lastSeenAt + idleMs, session.createdAt + absoluteMs);
}

/** The latest moment the session can last to, for the cookie's expiry. */
export function sessionHorizon(createdAt: number): number {
  return createdAt + absoluteMs;
}

/**
 * The token that state-changing requests of the session must carry. Derived from the cookie's secret, which no script can
 * read, so that nothing more has to be kept and a reloaded page gets the same one.
 */
export function csrfTokenOf(sessionToken: string): string {
  return createHmac('sha256', sessionToken).update('esteira csrf token').digest('base64url');
}

/** Methods that change nothing need no CSRF token. */
export function needsCsrfToken(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
}
