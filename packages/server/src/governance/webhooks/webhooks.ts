import type {
  ImportedWebhook,
  Webhook,
  WebhookDelivery,
  WebhookEvent,
  WebhookTestResult,
} from '@esteira/contracts';
import { readReceiver } from '@esteira/model-server/receiver';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pagesById } from '../../kernel/paging.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { attemptError, newsHeaders } from './delivery-attempt.ts';
import {
  deleteDeliveriesOf,
  findDelivery,
  insertDeliveries,
  listDeliveries,
  recordAttempt,
} from './delivery-store.ts';
import { postNews, refusedReceiver } from './post-news.ts';
import { createSealedSecrets, type SealedSecrets } from './sealed-secrets.ts';
import { exampleNews, newsBody, type WebhookNews } from './webhook-news.ts';
import {
  createWebhookSender,
  lostSecret,
  openSecret,
  type SenderDeps,
  secretOwner,
} from './webhook-sender.ts';
import {
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  replaceWebhook,
  type StoredWebhook,
  webhooksToldOf,
  workspaceOfWebhook,
} from './webhook-store.ts';

export interface WebhookFields {
  readonly name: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly description: string;
  readonly status: Webhook['status'];
  /** Undefined and '' for none. */
  readonly secret: string | undefined;
}

/** What happened, under an id that sorts by time. */
interface News<E extends WebhookEvent> {
  readonly id: string;
  readonly workspace: string;
  /** ms. */
  readonly at: number;
  readonly event: E;
  readonly data: WebhookNews[E];
}

/** Receivers outside that are told of news, at least once each, in the order of the news while they answer. */
export interface WebhooksService {
  /** Forgets deliveries that ended 30 days before, and wakes what should have been sent long since. */
  tend(now: number, signal: AbortSignal): Promise<void>;
  /**
   * Writes the news into the outbox of every active webhook that is told of the event and was there when it happened.
   * Delivery begins after the commit. The same news published again is not written again.
   */
  publish<E extends WebhookEvent>(tx: SqlTransaction, news: News<E>): Promise<void>;
  /** Throws WEBHOOK_RECEIVER_REFUSED. */
  create(context: RequestContext, fields: WebhookFields): Promise<Webhook>;
  /**
   * Takes webhooks of elsewhere under their ids and times, disabled and without secrets; those that are there stay as they
   * are. `refused` are the places of those whose receiver nothing may be sent to. Throws IMPORT_ID_TAKEN.
   */
  import(
    context: RequestContext,
    webhooks: readonly ImportedWebhook[],
  ): Promise<{ readonly added: number; readonly refused: number[] }>;
  /** Newest first. Throws INVALID_REQUEST for a foreign cursor. */
  list(workspace: string, page: PageRequest): Promise<Page<Webhook>>;
  /** Throws WEBHOOK_NOT_FOUND. */
  find(workspace: string, id: string): Promise<Webhook>;
  /** Throws WEBHOOK_NOT_FOUND, WEBHOOK_RECEIVER_REFUSED. */
  update(context: RequestContext, id: string, changed: Partial<WebhookFields>): Promise<Webhook>;
  /** With what waits for it. Throws WEBHOOK_NOT_FOUND. */
  remove(context: RequestContext, id: string): Promise<void>;
  /** Sends an example, once; of the first of its events unless given. Throws WEBHOOK_NOT_FOUND. */
  test(
    context: RequestContext,
    id: string,
    event: WebhookEvent | undefined,
    signal: AbortSignal,
  ): Promise<WebhookTestResult>;
  /** Newest first. Throws WEBHOOK_NOT_FOUND, INVALID_REQUEST for a foreign cursor. */
  deliveries(
    workspace: string,
    id: string,
    page: PageRequest & { readonly state?: WebhookDelivery['state'] | undefined },
  ): Promise<Page<WebhookDelivery>>;
  /** Sends the same body under the same id again. Throws WEBHOOK_NOT_FOUND, WEBHOOK_DELIVERY_NOT_FOUND. */
  redeliver(context: RequestContext, id: string, delivery: string): Promise<WebhookDelivery>;
}

interface WebhooksDeps extends SenderDeps {
  readonly audit: AuditLog;
  /** What the key of the secrets is derived from. */
  readonly seed: Uint8Array;
}

const pages = pagesById('webhooks');
const deliveryPages = pagesById('webhook-deliveries');

export function createWebhooks(deps: WebhooksDeps): WebhooksService {
  const { sql, clock, ids, audit } = deps;
  const secrets = createSealedSecrets(deps.seed, deps.random, 'webhook');
  const sender = createWebhookSender(deps, secrets);

  async function require(reader: SqlReader, workspace: string, id: string): Promise<StoredWebhook> {
    const webhook = await findWebhook(reader, workspace, id);
    if (webhook === undefined) throw esteiraError('WEBHOOK_NOT_FOUND', { id });
    return webhook;
  }

  /** Canonical, and judged as far as it can be now; every attempt judges it again. */
  async function acceptedUrl(url: string): Promise<string> {
    const receiver = readReceiver(url, deps.post.rules);
    const problem = 'problem' in receiver ? receiver.problem : await refusedReceiver(deps.post, receiver);
    if (problem !== undefined || 'problem' in receiver)
      throw esteiraError('WEBHOOK_RECEIVER_REFUSED', { problem: problem ?? '' });
    return receiver.url.href;
  }

  return {
    tend: sender.tend,

    async publish(tx, { id, workspace, at, event, data }) {
      const told = await webhooksToldOf(tx, workspace, event, at);
      if (told.length === 0) return;
      const body = newsBody(event, data, at);
      // In the order of the news, also when they are published out of it.
      const rows = told.map((webhookId) => ({
        id: `whd_${tail(id)}_${tail(webhookId)}`,
        webhookId,
        event,
        body,
        at,
      }));
      await insertDeliveries(tx, workspace, rows);
      for (const webhookId of told) await sender.wake(tx, workspace, webhookId);
    },

    async create(context, fields) {
      const { workspace } = context;
      const id = ids.next('wh');
      const now = clock.now();
      const webhook: StoredWebhook = {
        id,
        workspace,
        name: fields.name,
        url: await acceptedUrl(fields.url),
        events: eventsOf(fields.events),
        description: fields.description,
        status: fields.status,
        secret: sealed(secrets, { workspace, id }, fields.secret),
        createdBy: context.actor.id,
        createdAt: now,
        updatedAt: now,
      };
      await sql.transaction(async (tx) => {
        await insertWebhook(tx, webhook);
        await record(audit, tx, context, 'created', webhook);
      });
      return shown(webhook);
    },

    async import(context, imported) {
      const { workspace, actor } = context;
      return await sql.transaction(async (tx) => {
        let added = 0;
        const refused: number[] = [];
        for (const [place, { description = '', events, url, ...words }] of imported.entries()) {
          const taken = await workspaceOfWebhook(tx, words.id);
          if (taken === workspace) continue;
          if (taken !== undefined) throw esteiraError('IMPORT_ID_TAKEN', { kind: 'webhook', id: words.id });
          // Nothing is sent to it before somebody makes it active, and then every attempt judges where it leads.
          const receiver = readReceiver(url, deps.post.rules);
          if ('problem' in receiver) {
            refused.push(place);
            continue;
          }
          const webhook: StoredWebhook = {
            ...words,
            workspace,
            url: receiver.url.href,
            events: eventsOf(events),
            description,
            status: 'disabled',
            secret: undefined,
            createdBy: actor.id,
          };
          await insertWebhook(tx, webhook);
          await record(audit, tx, context, 'imported', webhook);
          added++;
        }
        return { added, refused };
      });
    },

    async list(workspace, page) {
      const rows = await listWebhooks(sql, workspace, {
        limit: page.limit + 1,
        ...pages.before(page.cursor),
      });
      return pages.of(rows, page.limit, shown);
    },

    find: async (workspace, id) => shown(await require(sql, workspace, id)),

    async update(context, id, changed) {
      const { workspace } = context;
      await require(sql, workspace, id);
      const url = changed.url === undefined ? undefined : await acceptedUrl(changed.url);
      return await sql.transaction(async (tx) => {
        const before = await require(tx, workspace, id);
        const after: StoredWebhook = {
          ...before,
          name: changed.name ?? before.name,
          url: url ?? before.url,
          events: eventsOf(changed.events ?? before.events),
          description: changed.description ?? before.description,
          status: changed.status ?? before.status,
          secret: changed.secret === undefined ? before.secret : sealed(secrets, before, changed.secret),
          // A change is later than what it changed, also within a millisecond.
          updatedAt: Math.max(clock.now(), before.updatedAt + 1),
        };
        await replaceWebhook(tx, after);
        await record(audit, tx, context, 'changed', after);
        return shown(after);
      });
    },

    async remove(context, id) {
      await sql.transaction(async (tx) => {
        const webhook = await require(tx, context.workspace, id);
        await deleteWebhook(tx, id);
        await deleteDeliveriesOf(tx, id);
        await record(audit, tx, context, 'removed', webhook);
      });
    },

    async test(context, id, asked, signal) {
      const webhook = await require(sql, context.workspace, id);
      const event = asked ?? webhook.events[0] ?? 'registered_model.created';
      await sql.transaction((tx) => record(audit, tx, context, 'tested', webhook));
      const secret = openSecret(secrets, webhook);
      if (secret === 'lost')
        return { success: false, responseStatus: null, response: null, error: lostSecret };
      const body = newsBody(event, exampleNews[event], clock.now());
      const headers = newsHeaders({ id: ids.next('whd'), body, secret }, clock.now());
      const outcome = await postNews(deps.post, { url: webhook.url, headers, body }, signal);
      if (outcome.kind !== 'answered')
        return { success: false, responseStatus: null, response: null, error: outcome.problem };
      const { status, response } = outcome;
      return { success: attemptError(outcome) === null, responseStatus: status, response, error: null };
    },

    async deliveries(workspace, id, page) {
      const behind = deliveryPages.before(page.cursor);
      await require(sql, workspace, id);
      const { limit, state } = page;
      const rows = await listDeliveries(sql, id, { limit: limit + 1, state, ...behind });
      return deliveryPages.of(rows, limit);
    },

    async redeliver(context, id, deliveryId) {
      const { workspace } = context;
      return await sql.transaction(async (tx) => {
        const webhook = await require(tx, workspace, id);
        const delivery = await findDelivery(tx, id, deliveryId);
        if (delivery === undefined) throw esteiraError('WEBHOOK_DELIVERY_NOT_FOUND', { id: deliveryId });
        const now = clock.now();
        await recordAttempt(tx, deliveryId, delivery.state, {
          ...delivery,
          state: 'pending',
          attempts: 0,
          nextAt: now,
          finishedAt: null,
        });
        await sender.wake(tx, workspace, id);
        await record(audit, tx, context, 'redelivered', webhook, { delivery: deliveryId });
        return { ...delivery, state: 'pending', attempts: 0, nextAt: now, finishedAt: null };
      });
    },
  };
}

function tail(id: string): string {
  return id.slice(id.indexOf('_') + 1);
}

function eventsOf(events: readonly WebhookEvent[]): WebhookEvent[] {
  return [...new Set(events)].sort();
}

function sealed(
  secrets: SealedSecrets,
  owner: { readonly workspace: string; readonly id: string },
  secret: string | undefined,
) {
  if (secret === undefined || secret === '') return undefined;
  return secrets.seal(secret, secretOwner(owner));
}

function shown({ secret, workspace: _, ...webhook }: StoredWebhook): Webhook {
  return { ...webhook, hasSecret: secret !== undefined };
}

/** Of the URL the host alone: the rest may let whoever knows it in. */
async function record(
  audit: AuditLog,
  tx: SqlTransaction,
  context: RequestContext,
  verb: string,
  webhook: StoredWebhook,
  details: { readonly delivery?: string } = {},
): Promise<void> {
  const { id, name, url, events, status } = webhook;
  await audit.record(tx, context, {
    action: `webhooks.webhook.${verb}`,
    subject: { kind: 'webhook', id },
    details: { name, receiver: new URL(url).host, events, status, ...details },
  });
}
