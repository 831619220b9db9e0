import type { Webhook, WebhookEvent } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface WebhookTables {
  webhooks: {
    id: string;
    workspace: string;
    name: string;
    url: string;
    description: string;
    status: string;
    secret: string | null;
    secret_key_id: string | null;
    created_by: string;
    created_at: number;
    updated_at: number;
    sending_job: string | null;
    sending_until: number;
  };
  webhook_events: { webhook_id: string; workspace: string; event: string };
}

/** Sealed, with the key that opens it. */
interface StoredSecret {
  readonly sealed: string;
  readonly keyId: string;
}

export interface StoredWebhook extends Omit<Webhook, 'hasSecret'> {
  readonly workspace: string;
  readonly secret: StoredSecret | undefined;
}

export async function insertWebhook(tx: SqlTransaction, webhook: StoredWebhook): Promise<void> {
  await tx
    .query<WebhookTables>()
    .insertInto('webhooks')
    .values({
      id: webhook.id,
      workspace: webhook.workspace,
      ...changingOf(webhook),
      created_by: webhook.createdBy,
      created_at: webhook.createdAt,
      sending_job: null,
      sending_until: 0,
    })
    .execute();
  await insertEvents(tx, webhook);
}

export async function replaceWebhook(tx: SqlTransaction, webhook: StoredWebhook): Promise<void> {
  await tx
    .query<WebhookTables>()
    .updateTable('webhooks')
    .set(changingOf(webhook))
    .where('id', '=', webhook.id)
    .execute();
  await tx.query<WebhookTables>().deleteFrom('webhook_events').where('webhook_id', '=', webhook.id).execute();
  await insertEvents(tx, webhook);
}

export async function deleteWebhook(tx: SqlTransaction, id: string): Promise<void> {
  await tx.query<WebhookTables>().deleteFrom('webhook_events').where('webhook_id', '=', id).execute();
  await tx.query<WebhookTables>().deleteFrom('webhooks').where('id', '=', id).execute();
}

export async function findWebhook(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<StoredWebhook | undefined> {
  const row = await webhooksOf(sql, workspace).where('id', '=', id).executeTakeFirst();
  return row && (await withEvents(sql, [row]))[0];
}

/** In whatever workspace it is. */
export async function workspaceOfWebhook(sql: SqlReader, id: string): Promise<string | undefined> {
  const row = await sql
    .query<WebhookTables>()
    .selectFrom('webhooks')
    .select('workspace')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.workspace;
}

/** Newest first. */
export async function listWebhooks(
  sql: SqlReader,
  workspace: string,
  page: { readonly limit: number; readonly before?: string },
): Promise<readonly StoredWebhook[]> {
  let query = webhooksOf(sql, workspace);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  return await withEvents(sql, await query.orderBy('id', 'desc').limit(page.limit).execute());
}

/** The ids of the active webhooks that are told of an event and were made by the time it happened. */
export async function webhooksToldOf(
  sql: SqlReader,
  workspace: string,
  event: WebhookEvent,
  at: number,
): Promise<readonly string[]> {
  const rows = await sql
    .query<WebhookTables>()
    .selectFrom('webhook_events')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_events.webhook_id')
    .select('webhooks.id')
    .where('webhook_events.workspace', '=', workspace)
    .where('webhook_events.event', '=', event)
    .where('webhooks.status', '=', 'active')
    .where('webhooks.created_at', '<=', at)
    .orderBy('webhooks.id')
    .execute();
  return rows.map(({ id }) => id);
}

/** Makes a job the only one that sends to a webhook until a time; false when another one is. */
export async function claimSending(
  tx: SqlTransaction,
  id: string,
  claim: { readonly job: string; readonly now: number; readonly until: number },
): Promise<boolean> {
  const claimed = await tx
    .query<WebhookTables>()
    .updateTable('webhooks')
    .set({ sending_job: claim.job, sending_until: claim.until })
    .where('id', '=', id)
    .where(({ or, eb }) => or([eb('sending_until', '<=', claim.now), eb('sending_job', '=', claim.job)]))
    .returning('id')
    .executeTakeFirst();
  return claimed !== undefined;
}

export async function endSending(tx: SqlTransaction, id: string, job: string): Promise<void> {
  await tx
    .query<WebhookTables>()
    .updateTable('webhooks')
    .set({ sending_job: null, sending_until: 0 })
    .where('id', '=', id)
    .where('sending_job', '=', job)
    .execute();
}

function changingOf(webhook: StoredWebhook) {
  return {
    name: webhook.name,
    url: webhook.url,
    description: webhook.description,
    status: webhook.status,
    secret: webhook.secret?.sealed ?? null,
    secret_key_id: webhook.secret?.keyId ?? null,
    updated_at: webhook.updatedAt,
  };
}

async function insertEvents(tx: SqlTransaction, { id, workspace, events }: StoredWebhook): Promise<void> {
  const rows = events.map((event) => ({ webhook_id: id, workspace, event }));
  await tx.query<WebhookTables>().insertInto('webhook_events').values(rows).execute();
}

function webhooksOf(sql: SqlReader, workspace: string) {
  return sql.query<WebhookTables>().selectFrom('webhooks').selectAll().where('workspace', '=', workspace);
}

const idsPerStatement = 400;

async function withEvents(
  sql: SqlReader,
  rows: readonly WebhookTables['webhooks'][],
): Promise<StoredWebhook[]> {
  const events = new Map<string, WebhookEvent[]>(rows.map(({ id }) => [id, []]));
  for (let start = 0; start < rows.length; start += idsPerStatement) {
    const found = await sql
      .query<WebhookTables>()
      .selectFrom('webhook_events')
      .select(['webhook_id', 'event'])
      .where(
        'webhook_id',
        'in',
        rows.slice(start, start + idsPerStatement).map(({ id }) => id),
      )
      .orderBy('event')
      .execute();
    for (const { webhook_id, event } of found) events.get(webhook_id)?.push(event as WebhookEvent);
  }
  return rows.map((row) => ({
    id: row.id,
    workspace: row.workspace,
    name: row.name,
    url: row.url,
    events: events.get(row.id) ?? [],
    description: row.description,
    status: row.status as StoredWebhook['status'],
    secret:
      row.secret === null || row.secret_key_id === null
        ? undefined
        : { sealed: row.secret, keyId: row.secret_key_id },
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}
