import type { Notification } from '@esteira/contracts';
import type { z } from 'zod';
import { newestFirst } from '../../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

export type StoredNotification = z.output<typeof Notification>;

interface NotificationTables {
  notifications: {
    workspace: string;
    id: string;
    route: string;
    kind: string;
    alert_id: string | null;
    title: string;
    text: string;
    state: string;
    suppressed_because: string | null;
    at: number;
    acknowledged_at: number | null;
    acknowledged_by: string | null;
  };
}

export async function insertNotification(
  tx: SqlTransaction,
  workspace: string,
  notification: StoredNotification,
): Promise<void> {
  await tx
    .query<NotificationTables>()
    .insertInto('notifications')
    .values({
      workspace,
      id: notification.id,
      route: notification.route,
      kind: notification.kind,
      alert_id: notification.alertId,
      title: notification.title,
      text: notification.text,
      state: notification.state,
      suppressed_because: notification.suppressedBecause,
      at: notification.at,
      acknowledged_at: notification.acknowledgedAt,
      acknowledged_by: notification.acknowledgedBy,
    })
    .execute();
}

export async function acknowledgeNotification(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  acknowledged: { readonly at: number; readonly by: string },
): Promise<void> {
  await tx
    .query<NotificationTables>()
    .updateTable('notifications')
    .set({ state: 'acknowledged', acknowledged_at: acknowledged.at, acknowledged_by: acknowledged.by })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .execute();
}

/** Test messages of a route that nobody has acknowledged prove nothing any more. */
export async function withdrawTests(
  tx: SqlTransaction,
  workspace: string,
  route: string,
  reason: string,
): Promise<void> {
  await tx
    .query<NotificationTables>()
    .updateTable('notifications')
    .set({ state: 'suppressed', suppressed_because: reason })
    .where('workspace', '=', workspace)
    .where('route', '=', route)
    .where('kind', '=', 'test')
    .where('state', '=', 'delivered')
    .execute();
}

export async function findNotification(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<StoredNotification | undefined> {
  const row = await notifications(sql, workspace).where('id', '=', id).executeTakeFirst();
  return row && toNotification(row);
}

/** Newest first; `before` is the id of the last one of the page before. */
export async function listNotifications(
  sql: SqlReader,
  workspace: string,
  filter: {
    readonly alertId?: string | undefined;
    readonly route?: string | undefined;
    readonly state?: StoredNotification['state'] | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  },
): Promise<readonly StoredNotification[]> {
  let query = notifications(sql, workspace);
  if (filter.alertId !== undefined) query = query.where('alert_id', '=', filter.alertId);
  if (filter.route !== undefined) query = query.where('route', '=', filter.route);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  return (await newestFirst(query, filter).execute()).map(toNotification);
}

function notifications(sql: SqlReader, workspace: string) {
  return sql
    .query<NotificationTables>()
    .selectFrom('notifications')
    .selectAll()
    .where('workspace', '=', workspace);
}

function toNotification(row: NotificationTables['notifications']): StoredNotification {
  return {
    id: row.id,
    route: row.route,
    kind: row.kind as StoredNotification['kind'],
    alertId: row.alert_id,
    title: row.title,
    text: row.text,
    state: row.state as StoredNotification['state'],
    suppressedBecause: row.suppressed_because,
    at: row.at,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
  };
}
