import { hash } from 'node:crypto';
import type { Role } from '@esteira/contracts';
import type { RandomSource } from '../../kernel/random-source.ts';
import { hashSecret, mintSecret, randomText } from './secret.ts';

/** A token as kept: everything but its secret. */
export interface StoredToken {
  readonly id: string;
  readonly workspace: string;
  readonly principalId: string;
  readonly name: string;
  readonly publicId: string;
  /** SHA-256, hexadecimal. */
  readonly secretHash: string;
  readonly suffix: string;
  /** Narrower roles; undefined: the user's own. */
  readonly roles: readonly Role[] | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

/** The parts of a presented token that are looked up, compared and shown. */
export interface TokenParts {
  readonly publicId: string;
  readonly secretHash: string;
  readonly suffix: string;
}

/** `est_<public id>_<secret>`. */
export function mintToken(random: RandomSource): string {
  return `est_${randomText(random, 16)}_${mintSecret(random)}`;
}

/**
 * Takes a token apart. A token that an operator chose (the bootstrap token) has no public id of its own and is found by a
 * hash of the whole, distinct from the one it is compared by.
 */
export function tokenParts(token: string): TokenParts {
  const [, publicId, secret] = /^est_([0-9a-z]{16})_([0-9a-z]{52})$/.exec(token) ?? [];
  const suffix = token.slice(-4);
  if (publicId !== undefined && secret !== undefined)
    return { publicId, secretHash: hashSecret(secret), suffix };
  const derived = hash('sha256', `esteira token public id\n${token}`).slice(0, 16);
  return { publicId: derived, secretHash: hashSecret(token), suffix };
}

/** A token works until it expires or is revoked. */
export function isLive(token: Pick<StoredToken, 'expiresAt' | 'revokedAt'>, now: number): boolean {
  return token.revokedAt === undefined && (token.expiresAt === undefined || now < token.expiresAt);
}
