import type { JobError, JsonValue } from '@esteira/contracts';
import { EsteiraError, esteiraError } from '../kernel/errors.ts';
import type { JobChange } from './held-job-store.ts';
import type { StoredJob } from './job-store.ts';

/** Why the signal of a running job was aborted. */
export type AbortReason = 'cancelled' | 'lease-lost' | 'stopping';

// Who dies eight times with the same job in hand is most likely killed by it; while servers come and go for other reasons,
// a job that takes seconds is lost a few times by chance.
const maxLostLeases = 8;

/** What a job becomes whose handler has thrown. */
export function changeAfterFailure(
  { job, lostLeases }: StoredJob,
  failure: {
    error: unknown;
    reason: AbortReason | undefined;
    instance: string;
    now: number;
    retryDelay: number;
  },
): JobChange {
  const { reason, now } = failure;
  const { progress } = job;
  if (reason === 'cancelled') return { state: 'cancelled', at: now, result: null, error: null, progress };
  if (reason !== undefined)
    return { state: 'queued', runAt: job.dueAt, error: null, countAttempt: false, lostLeases };
  const error = describeError(failure.error, failure.instance);
  if (isFinal(failure.error) || job.attempt >= job.maxAttempts) {
    return { state: 'failed', at: now, result: null, error, progress };
  }
  return { state: 'queued', runAt: now + failure.retryDelay, error, countAttempt: true, lostLeases };
}

/** What a job becomes whose worker has died: the attempt is made again, for it did not fail by itself. */
export function changeAfterLostLease(stored: StoredJob, now: number, instance: string): JobChange {
  const { job } = stored;
  const lostLeases = stored.lostLeases + 1;
  if (stored.cancelRequested) {
    return { state: 'cancelled', at: now, result: null, error: null, progress: job.progress };
  }
  if (lostLeases >= maxLostLeases) {
    const error = describeError(esteiraError('JOB_ABANDONED', { id: job.id, times: lostLeases }), instance);
    return { state: 'failed', at: now, result: null, error, progress: job.progress };
  }
  // It keeps its place before those that came later.
  return { state: 'queued', runAt: job.dueAt, error: null, countAttempt: false, lostLeases };
}

/** Milliseconds before the attempt after `attempt`: doubling from one second to five minutes, less up to a half by chance. */
export function retryDelay(attempt: number, chance: Uint8Array): number {
  const whole = Math.min(300_000, 1000 * 2 ** (attempt - 1));
  const share = ((chance[0] ?? 0) * 256 + (chance[1] ?? 0)) / 65_536;
  return Math.round(whole * (1 - share / 2));
}

function describeError(thrown: unknown, instance: string): JsonValue {
  const error = thrown instanceof EsteiraError ? thrown : esteiraError('INTERNAL', {}, thrown);
  const { code, what, why, todo, details } = error;
  return { code, what, why, todo, details, instance } satisfies JobError;
}

function isFinal(error: unknown): boolean {
  return error instanceof EsteiraError && error.status >= 400 && error.status < 500;
}
