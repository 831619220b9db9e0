import { createHmac } from 'node:crypto';
import type { WebhookDelivery } from '@esteira/contracts';
import type { AttemptRecord, PendingDelivery } from './delivery-store.ts';
import type { PostOutcome } from './post-news.ts';
import { attemptsInOrder, maxAttempts, retryPause } from './retry-pause.ts';

/**
 * The headers of one attempt. The signature is that of MLflow's webhooks: HMAC-SHA256 of `<delivery id>.<seconds>.<body>`,
 * in base64 behind `v1,`. An attempt made later is signed anew, so that receivers may refuse what is old.
 */
export function newsHeaders(
  news: { readonly id: string; readonly body: string; readonly secret: string | undefined },
  now: number,
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(now / 1_000));
  const headers = { 'X-MLflow-Delivery-Id': news.id, 'X-MLflow-Timestamp': seconds };
  if (news.secret === undefined) return headers;
  const signed = `${news.id}.${seconds}.${news.body}`;
  const signature = createHmac('sha256', news.secret).update(signed).digest('base64');
  return { ...headers, 'X-MLflow-Signature': `v1,${signature}` };
}

/** The first that is due, unless an earlier one waits for one of its first attempts again. */
export function nextToSend(
  pending: readonly PendingDelivery[],
  now: number,
): { readonly due: PendingDelivery | undefined; readonly nextAt: number | undefined } {
  let nextAt: number | undefined;
  for (const delivery of pending) {
    if (delivery.nextAt <= now) return { due: delivery, nextAt: now };
    nextAt = Math.min(nextAt ?? delivery.nextAt, delivery.nextAt);
    if (delivery.attempts < attemptsInOrder) break;
  }
  return { due: undefined, nextAt };
}

/** What a delivery becomes after an attempt: answered with 2xx it is delivered; 429, 5xx and silence are tried again. */
export function afterAttempt(
  { attempts: before }: Pick<WebhookDelivery, 'attempts'>,
  outcome: PostOutcome,
  now: number,
  chance: Uint8Array,
): AttemptRecord {
  const attempts = before + 1;
  const responseStatus = outcome.kind === 'answered' ? outcome.status : null;
  const error = attemptError(outcome);
  if (error === null)
    return { state: 'delivered', attempts, responseStatus, error, nextAt: now, finishedAt: now };
  if (!isWorthRetrying(outcome) || attempts >= maxAttempts)
    return { state: 'dead', attempts, responseStatus, error, nextAt: now, finishedAt: now };
  const asked = outcome.kind === 'answered' ? (outcome.retryAfterMs ?? 0) : 0;
  const nextAt = now + Math.max(asked, retryPause(attempts, chance));
  return { state: 'pending', attempts, responseStatus, error, nextAt, finishedAt: null };
}

/** Null when it arrived. */
export function attemptError(outcome: PostOutcome): string | null {
  if (outcome.kind !== 'answered') return outcome.problem;
  const { status, response } = outcome;
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `answered ${status}; redirects are not followed`;
  return `answered ${status} (${response})`;
}

function isWorthRetrying(outcome: PostOutcome): boolean {
  if (outcome.kind !== 'answered') return outcome.kind === 'unreachable';
  return outcome.status === 429 || outcome.status >= 500;
}
