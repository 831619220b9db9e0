import { createHash, timingSafeEqual } from 'node:crypto';
import type { ServedKey } from '@esteira/contracts';
import { inferenceError } from '../inference-error.ts';
import type { Allowance, LeasedLimits } from '../limits/leased-limits.ts';

/** Who may ask which endpoint, how often. Replaced as a whole with every snapshot; the buckets live on. */
export interface Access {
  /** The endpoint name that the presented credentials open. Throws INFERENCE_KEY_REJECTED. */
  authenticate(authorization: string | undefined): Admission;
  replace(keys: readonly { readonly endpoint: string; readonly key: ServedKey }[]): void;
}

export interface Admission {
  readonly endpoint: string;
  readonly purpose: ServedKey['purpose'];
  /** Takes one request from the key's allowance, at once unless a slice of it has to be leased first. Throws RATE_LIMITED. */
  take(): Promise<void> | void;
}

interface Entry {
  readonly endpoint: string;
  readonly key: ServedKey;
  readonly hash: Buffer;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** `shared`: the limits that other model servers share. Without it, and for the platform's own questions, each is this server's. */
export function createAccess(deps: {
  now: () => number;
  shared?: Pick<LeasedLimits, 'take'> | undefined;
}): Access {
  let entries = new Map<string, Entry>();
  const buckets = new Map<string, Bucket>();

  function take(key: ServedKey): Promise<void> | void {
    if (deps.shared === undefined || key.purpose === 'probe') return takeHere(key);
    const spec = { perSecond: key.requestsPerSecond, capacity: key.burst };
    const allowance = deps.shared.take(key.id, spec);
    if (allowance instanceof Promise) return allowance.then((later) => refuseUnless(later, key));
    refuseUnless(allowance, key);
  }

  function takeHere(key: ServedKey): void {
    const now = deps.now();
    const bucket = buckets.get(key.id) ?? { tokens: key.burst, filledAt: now };
    buckets.set(key.id, bucket);
    const elapsed = Math.max(0, now - bucket.filledAt) / 1000;
    bucket.tokens = Math.min(key.burst, bucket.tokens + elapsed * key.requestsPerSecond);
    bucket.filledAt = now;
    if (bucket.tokens < 1) {
      const retryAfterSeconds = Math.max(1, Math.ceil((1 - bucket.tokens) / key.requestsPerSecond));
      throw inferenceError('RATE_LIMITED', { limit: key.requestsPerSecond, retryAfterSeconds });
    }
    bucket.tokens -= 1;
  }

  return {
    authenticate(authorization) {
      const secret = presentedKey(authorization);
      if (secret === undefined) throw inferenceError('INFERENCE_KEY_REJECTED');
      const hash = createHash('sha256').update(secret).digest();
      const entry = entries.get(hash.toString('hex'));
      // The map is keyed by a hash that the caller cannot steer; the comparison itself takes the same time for every key.
      if (entry === undefined || !timingSafeEqual(hash, entry.hash))
        throw inferenceError('INFERENCE_KEY_REJECTED');
      if (entry.key.expiresAt !== null && entry.key.expiresAt <= deps.now())
        throw inferenceError('INFERENCE_KEY_REJECTED');
      return { endpoint: entry.endpoint, purpose: entry.key.purpose, take: () => take(entry.key) };
    },
    replace(keys) {
      entries = new Map();
      const ids = new Set<string>();
      for (const { endpoint, key } of keys) {
        const hex = key.hash.slice('sha256:'.length);
        entries.set(hex, { endpoint, key, hash: Buffer.from(hex, 'hex') });
        ids.add(key.id);
      }
      for (const id of buckets.keys()) if (!ids.has(id)) buckets.delete(id);
    },
  };
}

function refuseUnless(allowance: Allowance, key: ServedKey): void {
  if (allowance.admitted) return;
  const retryAfterSeconds = Math.max(1, Math.ceil((allowance.retryAfterMs ?? 1_000) / 1_000));
  throw inferenceError('RATE_LIMITED', { limit: key.requestsPerSecond, retryAfterSeconds });
}

/** The key of `Bearer <key>`, or the password of `Basic …`, for callers that know nothing else. */
function presentedKey(authorization: string | undefined): string | undefined {
  const [scheme, credentials] = authorization?.split(' ', 2) ?? [];
  if (scheme === undefined || credentials === undefined || credentials === '') return undefined;
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : pair.slice(colon + 1);
}
