import type { JsonValue } from '@esteira/contracts';
import type { JobRun, Jobs } from '../../jobs/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { systemActor } from '../identity/principal.ts';
import { afterAttempt, newsHeaders, nextToSend } from './delivery-attempt.ts';
import {
  findDelivery,
  forgetDeliveries,
  type PendingDelivery,
  pendingDeliveries,
  recordAttempt,
  webhooksWithDue,
} from './delivery-store.ts';
import { type PostDeps, type PostOutcome, postNews } from './post-news.ts';
import type { SealedSecrets } from './sealed-secrets.ts';
import { claimSending, endSending, findWebhook, type StoredWebhook } from './webhook-store.ts';

const kind = 'webhooks.send';
const claimMs = 60_000;
const mostPerJob = 100;
const mostLookedAt = 200;
const sentAtOnce = 4;
const forgottenAtOnce = 500;
const dayMs = 86_400_000;
const keptMs = 30 * dayMs;
const stuckMs = 600_000;

export interface SenderDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly jobs: Jobs;
  readonly post: PostDeps;
}

/** Sends what was written into the outbox. */
export interface WebhookSender {
  /** In the transaction that writes deliveries: they are sent after its commit, whatever dies in between. */
  wake(tx: SqlTransaction, workspace: string, webhookId: string): Promise<void>;
  /** Forgets deliveries that ended 30 days ago, and wakes what should have been sent long since. */
  tend(now: number, signal: AbortSignal): Promise<void>;
}

/**
 * A job sends what waits for one webhook, one after the other in the order of the news; no two jobs send to the same webhook.
 * It ends with a job for the next attempt in the transaction that lets the webhook go, so nothing waits without one.
 */
export function createWebhookSender(deps: SenderDeps, secrets: SealedSecrets): WebhookSender {
  const { sql, clock, jobs, logger } = deps;
  jobs.register(kind, send, { concurrency: sentAtOnce });

  async function wake(
    tx: SqlTransaction,
    workspace: string,
    webhookId: string,
    runAt?: number,
  ): Promise<void> {
    const context: RequestContext = { workspace, actor: systemActor, requestId: deps.ids.next('req') };
    await jobs.enqueue(tx, context, {
      kind,
      payload: { webhookId },
      maxAttempts: 5,
      ...(runAt === undefined ? {} : { runAt }),
    });
  }

  async function send({ job, signal }: JobRun): Promise<JsonValue> {
    const { workspace } = job;
    const { webhookId } = job.payload as { webhookId: string };
    const counts = { delivered: 0, failed: 0 };
    // Whoever has the webhook looks for more when letting it go.
    if (!(await claim(webhookId, job.id))) return counts;
    for (let sent = 0; sent < mostPerJob && !signal.aborted; sent++) {
      const { due } = nextToSend(await pendingDeliveries(sql, webhookId, mostLookedAt), clock.now());
      if (due === undefined || !(await claim(webhookId, job.id))) break;
      counts[(await sendOne(workspace, webhookId, due, signal)) ? 'delivered' : 'failed'] += 1;
    }
    await letGo(workspace, webhookId, job.id);
    return counts;
  }

  function claim(webhookId: string, job: string): Promise<boolean> {
    const now = clock.now();
    return sql.transaction((tx) => claimSending(tx, webhookId, { job, now, until: now + claimMs }), {
      isolation: 'read-committed',
      durability: 'lazy',
    });
  }

  /**
   * A job that was refused the webhook had its deliveries committed before, so they are seen here: the row is let go first
   * and the rest read after, by a statement of its own.
   */
  async function letGo(workspace: string, webhookId: string, job: string): Promise<void> {
    await sql.transaction(
      async (tx) => {
        await endSending(tx, webhookId, job);
        const { nextAt } = nextToSend(await pendingDeliveries(tx, webhookId, mostLookedAt), clock.now());
        if (nextAt !== undefined) await wake(tx, workspace, webhookId, nextAt);
      },
      { isolation: 'read-committed' },
    );
  }

  async function sendOne(
    workspace: string,
    webhookId: string,
    { id, attempts }: PendingDelivery,
    signal: AbortSignal,
  ): Promise<boolean> {
    const webhook = await findWebhook(sql, workspace, webhookId);
    const delivery = await findDelivery(sql, webhookId, id);
    if (webhook === undefined || delivery === undefined) return false;
    const outcome = await attempt(webhook, delivery, signal);
    const record = afterAttempt({ attempts }, outcome, clock.now(), deps.random.bytes(2));
    await sql.transaction((tx) => recordAttempt(tx, id, 'pending', record), { isolation: 'read-committed' });
    if (record.state === 'dead')
      logger.warn({ webhook: webhookId, delivery: id, problem: record.error }, 'news could not be delivered');
    return record.state === 'delivered';
  }

  async function attempt(
    webhook: StoredWebhook,
    { id, body }: { readonly id: string; readonly body: string },
    signal: AbortSignal,
  ): Promise<PostOutcome> {
    if (webhook.status !== 'active') return { kind: 'refused', problem: 'the webhook is disabled' };
    const secret = openSecret(secrets, webhook);
    if (secret === 'lost') return { kind: 'refused', problem: lostSecret };
    return await postNews(
      deps.post,
      { url: webhook.url, headers: newsHeaders({ id, body, secret }, clock.now()), body },
      signal,
    );
  }

  return {
    wake,
    async tend(now, signal) {
      for (;;) {
        signal.throwIfAborted();
        const count = await sql.transaction((tx) => forgetDeliveries(tx, now - keptMs, forgottenAtOnce), {
          isolation: 'read-committed',
        });
        if (count < forgottenAtOnce) break;
      }
      for (const { workspace, webhookId } of await webhooksWithDue(sql, now - stuckMs))
        await sql.transaction((tx) => wake(tx, workspace, webhookId));
    },
  };
}

export const lostSecret =
  'its secret was encrypted with a key that this installation does not have; set it anew';

/** Undefined when there is none, `lost` when its key is not that of this installation. */
export function openSecret(secrets: SealedSecrets, webhook: StoredWebhook): string | 'lost' | undefined {
  const { secret } = webhook;
  if (secret === undefined) return undefined;
  return secrets.open(secret.sealed, secret.keyId, secretOwner(webhook)) ?? 'lost';
}

export function secretOwner({ workspace, id }: { readonly workspace: string; readonly id: string }): string {
  return `${workspace}\0webhook\0${id}`;
}
