import type { WebhookDelivery, WebhookEvent } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface DeliveryTables {
  webhook_deliveries: {
    id: string;
    workspace: string;
    webhook_id: string;
    event: string;
    body: string;
    state: string;
    attempts: number;
    response_status: number | null;
    error: string | null;
    created_at: number;
    next_at: number;
    finished_at: number | null;
  };
}

/** What waits for its next attempt. */
export interface PendingDelivery {
  readonly id: string;
  readonly attempts: number;
  readonly nextAt: number;
}

export interface AttemptRecord {
  readonly state: WebhookDelivery['state'];
  readonly attempts: number;
  readonly responseStatus: number | null;
  readonly error: string | null;
  readonly nextAt: number;
  readonly finishedAt: number | null;
}

/** Those that are there already stay as they are. */
export async function insertDeliveries(
  tx: SqlTransaction,
  workspace: string,
  deliveries: readonly {
    readonly id: string;
    readonly webhookId: string;
    readonly event: WebhookEvent;
    readonly body: string;
    readonly at: number;
  }[],
): Promise<void> {
  await tx
    .query<DeliveryTables>()
    .insertInto('webhook_deliveries')
    .values(
      deliveries.map(({ id, webhookId, event, body, at }) => ({
        id,
        workspace,
        webhook_id: webhookId,
        event,
        body,
        state: 'pending',
        attempts: 0,
        response_status: null,
        error: null,
        created_at: at,
        next_at: at,
        finished_at: null,
      })),
    )
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** In the order of the news. */
export async function pendingDeliveries(
  sql: SqlReader,
  webhookId: string,
  limit: number,
): Promise<readonly PendingDelivery[]> {
  const rows = await sql
    .query<DeliveryTables>()
    .selectFrom('webhook_deliveries')
    .select(['id', 'attempts', 'next_at'])
    .where('webhook_id', '=', webhookId)
    .where('state', '=', 'pending')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id, attempts, next_at }) => ({ id, attempts, nextAt: next_at }));
}

/** Webhooks for which something is due, with their workspaces. */
export async function webhooksWithDue(
  sql: SqlReader,
  before: number,
): Promise<readonly { readonly webhookId: string; readonly workspace: string }[]> {
  const rows = await sql
    .query<DeliveryTables>()
    .selectFrom('webhook_deliveries')
    .select(['webhook_id', 'workspace'])
    .distinct()
    .where('state', '=', 'pending')
    .where('next_at', '<', before)
    .execute();
  return rows.map(({ webhook_id, workspace }) => ({ webhookId: webhook_id, workspace }));
}

export async function findDelivery(
  sql: SqlReader,
  webhookId: string,
  id: string,
): Promise<WebhookDelivery | undefined> {
  const row = await deliveriesOf(sql, webhookId).where('id', '=', id).executeTakeFirst();
  return row && toDelivery(row);
}

/** Newest first. */
export async function listDeliveries(
  sql: SqlReader,
  webhookId: string,
  page: {
    readonly limit: number;
    readonly before?: string;
    readonly state?: WebhookDelivery['state'] | undefined;
  },
): Promise<readonly WebhookDelivery[]> {
  let query = deliveriesOf(sql, webhookId);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  if (page.state !== undefined) query = query.where('state', '=', page.state);
  return (await query.orderBy('id', 'desc').limit(page.limit).execute()).map(toDelivery);
}

/** Undefined once it is no longer in the state that the record was made from. */
export async function recordAttempt(
  tx: SqlTransaction,
  id: string,
  from: WebhookDelivery['state'],
  record: AttemptRecord,
): Promise<void> {
  await tx
    .query<DeliveryTables>()
    .updateTable('webhook_deliveries')
    .set({
      state: record.state,
      attempts: record.attempts,
      response_status: record.responseStatus,
      error: record.error,
      next_at: record.nextAt,
      finished_at: record.finishedAt,
    })
    .where('id', '=', id)
    .where('state', '=', from)
    .execute();
}

export async function deleteDeliveriesOf(tx: SqlTransaction, webhookId: string): Promise<void> {
  await tx
    .query<DeliveryTables>()
    .deleteFrom('webhook_deliveries')
    .where('webhook_id', '=', webhookId)
    .execute();
}

/** Of those that ended before; returns how many, at most `limit`. */
export async function forgetDeliveries(tx: SqlTransaction, before: number, limit: number): Promise<number> {
  const old = await tx
    .query<DeliveryTables>()
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('finished_at', '<', before)
    .limit(limit)
    .execute();
  if (old.length === 0) return 0;
  await tx
    .query<DeliveryTables>()
    .deleteFrom('webhook_deliveries')
    .where(
      'id',
      'in',
      old.map(({ id }) => id),
    )
    .execute();
  return old.length;
}

function deliveriesOf(sql: SqlReader, webhookId: string) {
  return sql
    .query<DeliveryTables>()
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhookId);
}

function toDelivery(row: DeliveryTables['webhook_deliveries']): WebhookDelivery {
  const state = row.state as WebhookDelivery['state'];
  return {
    id: row.id,
    webhookId: row.webhook_id,
    event: row.event as WebhookEvent,
    state,
    attempts: row.attempts,
    responseStatus: row.response_status,
    error: row.error,
    createdAt: row.created_at,
    nextAt: state === 'pending' ? row.next_at : null,
    finishedAt: row.finished_at,
    body: row.body,
  };
}
