import type { Authenticated } from './authenticated.ts';

/** A token that was looked up and found good. */
export interface VerifiedToken {
  readonly authenticated: Authenticated;
  readonly tokenId: string;
  readonly expiresAt: number | undefined;
  readonly cachedAt: number;
  /** When the use of the token was last written down. */
  lastUsedAt: number | undefined;
}

/**
 * Verified tokens by the hash of the whole token, the least recently used thrown out first. A token leaves when any process
 * on the database announces that it was revoked or its user changed; should that be lost, after `maxAgeMs`.
 */
export interface TokenCache {
  find(key: string, now: number): VerifiedToken | undefined;
  /** Raised by every invalidation. What was read from the database under an older generation may not be kept. */
  readonly generation: number;
  keep(key: string, verified: VerifiedToken, generation: number): void;
  /** Forgets the tokens of a principal; of everybody when the id is empty. */
  forgetPrincipal(principalId: string): void;
}

const maxEntries = 10_000;
const maxAgeMs = 30_000;

export function createTokenCache(): TokenCache {
  const entries = new Map<string, VerifiedToken>();
  let generation = 0;
  return {
    get generation() {
      return generation;
    },

    find(key, now) {
      const found = entries.get(key);
      if (found === undefined) return undefined;
      entries.delete(key);
      if (now >= found.cachedAt + maxAgeMs || (found.expiresAt !== undefined && now >= found.expiresAt))
        return undefined;
      entries.set(key, found);
      return found;
    },

    keep(key, verified, readUnder) {
      if (readUnder !== generation) return;
      entries.set(key, verified);
      if (entries.size <= maxEntries) return;
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        break;
      }
    },

    forgetPrincipal(principalId) {
      generation++;
      for (const [key, entry] of entries) {
        if (principalId === '' || entry.authenticated.actor.id === principalId) entries.delete(key);
      }
    },
  };
}
