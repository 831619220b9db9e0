import { hash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { KeyPermission, ServedKey } from '@esteira/contracts';
import { inferenceError } from '../inference-error.ts';
import type { Allowance, LeasedLimits } from '../limits/leased-limits.ts';

/** Who may ask which endpoints, how often. Replaced as a whole with every snapshot; the buckets live on. */
export interface Access {
  /** What the presented credentials open. Throws INFERENCE_KEY_REJECTED. */
  authenticate(authorization: string | undefined): Admission;
  /** Makes ready for keys, some at a time; they take the place of those in force when what it resolves with is called. */
  prepare(keys: readonly { readonly endpoint: string; readonly key: ServedKey }[]): Promise<() => void>;
  /** Ids of the keys of users that were shown since the last call. */
  readUsed(): readonly string[];
}

export interface Admission {
  readonly keyId: string;
  /** Names of the endpoints that the key opens. */
  readonly endpoints: readonly string[];
  readonly purpose: ServedKey['purpose'];
  opens(endpoint: string): boolean;
  /** What it allows beside asking for predictions. */
  may(permission: KeyPermission): boolean;
  /** Takes one request from the key's allowance, at once unless a slice of it has to be leased first. Throws RATE_LIMITED, QUOTA_USED_UP, QUOTA_NOT_LEASED. */
  take(): Promise<void> | void;
}

interface Entry extends Admission {
  readonly key: ServedKey;
  readonly endpoints: string[];
  used: boolean;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

// One key has few forms, but whoever has it may write more.
const remembered = 1_000;
// Requests are answered on the same thread.
const keysAtOnce = 500;
const dayMs = 24 * 60 * 60 * 1000;

/** `shared`: the limits that other model servers share. Without it, and for the platform's own questions, each is this server's. */
export function createAccess(deps: {
  now: () => number;
  shared?: Pick<LeasedLimits, 'take'> | undefined;
}): Access {
  let entries = new Map<string, Entry>();
  /** Headers that opened something since the keys came: what they say need not be hashed again. */
  const presented = new Map<string, Entry>();
  const buckets = new Map<string, Bucket>();

  function find(authorization: string | undefined): Entry {
    const secret = presentedKey(authorization);
    // The map is keyed by a hash that the caller cannot steer, so how long a look-up takes tells nothing of the keys.
    const entry = secret === undefined ? undefined : entries.get(hash('sha256', secret));
    if (entry === undefined || authorization === undefined) throw inferenceError('INFERENCE_KEY_REJECTED');
    if (presented.size >= remembered) presented.clear();
    presented.set(authorization, entry);
    return entry;
  }

  function take(key: ServedKey): Promise<void> | void {
    const { quotaPerDay } = key;
    if (quotaPerDay === undefined) return takeRate(key);
    const rate = takeRate(key);
    if (rate instanceof Promise) return rate.then(() => takeQuota(key, quotaPerDay));
    return takeQuota(key, quotaPerDay);
  }

  function takeRate(key: ServedKey): Promise<void> | void {
    if (deps.shared === undefined || key.purpose === 'probe') return takeHere(key);
    const spec = { perSecond: key.requestsPerSecond, capacity: key.burst };
    const allowance = deps.shared.take(key.id, spec);
    if (allowance instanceof Promise) return allowance.then((later) => refuseUnless(later, key));
    refuseUnless(allowance, key);
  }

  /** A day's quota is a budget of that day (UTC): what is used of it does not come back. */
  function takeQuota(key: ServedKey, quotaPerDay: number): Promise<void> | void {
    const now = deps.now();
    const limit = quotaLimit(key.id, now);
    if (deps.shared === undefined) return takeOwnQuota(key, limit, quotaPerDay, now);
    const allowance = deps.shared.take(limit, { perSecond: 0, capacity: quotaPerDay });
    if (allowance instanceof Promise) return allowance.then((later) => refuseQuota(later, quotaPerDay, now));
    refuseQuota(allowance, quotaPerDay, now);
  }

  function takeOwnQuota(key: ServedKey, limit: string, quotaPerDay: number, now: number): void {
    const bucket = buckets.get(limit) ?? { tokens: quotaPerDay, filledAt: now };
    for (const id of buckets.keys()) if (id !== limit && id.startsWith(`${key.id}@`)) buckets.delete(id);
    buckets.set(limit, bucket);
    refuseQuota(
      bucket.tokens >= 1 ? { admitted: true } : { admitted: false, retryAfterMs: null },
      quotaPerDay,
      now,
    );
    bucket.tokens -= 1;
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

  function replace(next: Map<string, Entry>, ids: ReadonlySet<string>): void {
    for (const [hex, { used }] of entries) {
      const after = used ? next.get(hex) : undefined;
      if (after !== undefined) after.used = true;
    }
    entries = next;
    presented.clear();
    for (const id of buckets.keys()) if (!ids.has(id.split('@', 1)[0] ?? '')) buckets.delete(id);
  }

  function toEntry(key: ServedKey): Entry {
    const endpoints: string[] = [];
    return {
      key,
      keyId: key.id,
      endpoints,
      purpose: key.purpose,
      used: false,
      opens: (endpoint) => endpoints.includes(endpoint),
      may: (permission) => key.permissions?.includes(permission) === true,
      take: () => take(key),
    };
  }

  return {
    authenticate(authorization) {
      const entry = presented.get(authorization ?? '') ?? find(authorization);
      const { expiresAt } = entry.key;
      if (expiresAt !== null && expiresAt <= deps.now()) throw inferenceError('INFERENCE_KEY_REJECTED');
      entry.used = true;
      return entry;
    },
    async prepare(keys) {
      const next = new Map<string, Entry>();
      const ids = new Set<string>();
      for (const [index, { endpoint, key }] of keys.entries()) {
        if (index % keysAtOnce === keysAtOnce - 1) await turn();
        const hex = key.hash.slice('sha256:'.length);
        const entry = next.get(hex) ?? toEntry(key);
        entry.endpoints.push(endpoint);
        next.set(hex, entry);
        ids.add(key.id);
      }
      return () => replace(next, ids);
    },
    readUsed() {
      const used: string[] = [];
      for (const entry of entries.values()) {
        if (entry.used && entry.purpose === 'user') used.push(entry.keyId);
        entry.used = false;
      }
      return used;
    },
  };
}

/** The name of a key's quota of a day among the shared limits. */
function quotaLimit(keyId: string, now: number): string {
  return `${keyId}@${new Date(now).toISOString().slice(0, 10)}`;
}

/** What is left of a budget is admitted by nobody but the control plane: while it is away, more could be too much. */
function refuseQuota(allowance: Allowance, quotaPerDay: number, now: number): void {
  if (allowance.admitted) return;
  if (allowance.retryAfterMs !== null) {
    const soon = Math.max(1, Math.ceil(allowance.retryAfterMs / 1_000));
    throw inferenceError('QUOTA_NOT_LEASED', { quota: quotaPerDay, retryAfterSeconds: soon });
  }
  const retryAfterSeconds = Math.max(1, Math.ceil((dayMs - (now % dayMs)) / 1_000));
  throw inferenceError('QUOTA_USED_UP', { quota: quotaPerDay, retryAfterSeconds });
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
