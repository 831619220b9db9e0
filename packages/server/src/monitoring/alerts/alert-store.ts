import type { Alert, AlertSignal, AlertState } from '@esteira/contracts';
import { newestFirst } from '../../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { quietSignal, type SignalState, type Transition } from './alert-machine.ts';

interface AlertTables {
  alerts: {
    workspace: string;
    id: string;
    monitor_id: string;
    monitor: string;
    endpoint: string;
    signal: string;
    state: string;
    causes: string;
    summary: string;
    window_start: number;
    window_end: number;
    opened_at: number;
    fired_at: number | null;
    acknowledged_at: number | null;
    acknowledged_by: string | null;
    acknowledgement: string | null;
    resolved_at: number | null;
  };
  alert_transitions: {
    workspace: string;
    id: string;
    alert_id: string;
    monitor_id: string;
    signal: string;
    from_state: string;
    to_state: string;
    at: number;
    actor: string;
    window_start: number | null;
    reason: string;
  };
  monitor_signals: {
    workspace: string;
    monitor_id: string;
    signal: string;
    state: string;
    alert_id: string | null;
  };
}

export interface StoredAlert extends Alert {
  readonly monitorId: string;
}

export interface StoredTransition extends Transition {
  readonly id: string;
  readonly alertId: string;
  readonly monitorId: string;
  readonly signal: AlertSignal;
  readonly at: number;
  readonly actor: string;
}

/** Where a signal stands, and the alert that stands for it. */
export interface StoredSignal {
  readonly state: SignalState;
  readonly alertId: string | undefined;
}

export async function saveAlert(tx: SqlTransaction, workspace: string, alert: StoredAlert): Promise<void> {
  const values = {
    monitor_id: alert.monitorId,
    monitor: alert.monitor,
    endpoint: alert.endpoint,
    signal: alert.signal,
    state: alert.state,
    causes: JSON.stringify(alert.causes),
    summary: alert.summary,
    window_start: alert.windowStart,
    window_end: alert.windowEnd,
    opened_at: alert.openedAt,
    fired_at: alert.firedAt,
    acknowledged_at: alert.acknowledgedAt,
    acknowledged_by: alert.acknowledgedBy,
    acknowledgement: alert.acknowledgement,
    resolved_at: alert.resolvedAt,
  };
  await tx
    .query<AlertTables>()
    .insertInto('alerts')
    .values({ workspace, id: alert.id, ...values })
    .onConflict((conflict) => conflict.columns(['workspace', 'id']).doUpdateSet(values))
    .execute();
}

export async function findAlert(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<StoredAlert | undefined> {
  const row = await alerts(sql, workspace).where('id', '=', id).executeTakeFirst();
  return row && toAlert(row);
}

/** Newest first; `before` is the id of the last one of the page before. */
export async function listAlerts(
  sql: SqlReader,
  workspace: string,
  filter: {
    readonly monitor?: string | undefined;
    readonly endpoint?: string | undefined;
    readonly states?: readonly AlertState[] | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  },
): Promise<readonly StoredAlert[]> {
  let query = alerts(sql, workspace);
  if (filter.monitor !== undefined) query = query.where('monitor', '=', filter.monitor);
  if (filter.endpoint !== undefined) query = query.where('endpoint', '=', filter.endpoint);
  if (filter.states !== undefined) query = query.where('state', 'in', [...filter.states]);
  return (await newestFirst(query, filter).execute()).map(toAlert);
}

export async function insertTransition(
  tx: SqlTransaction,
  workspace: string,
  transition: StoredTransition,
): Promise<void> {
  await tx
    .query<AlertTables>()
    .insertInto('alert_transitions')
    .values({
      workspace,
      id: transition.id,
      alert_id: transition.alertId,
      monitor_id: transition.monitorId,
      signal: transition.signal,
      from_state: transition.from,
      to_state: transition.to,
      at: transition.at,
      actor: transition.actor,
      window_start: transition.windowStart,
      reason: transition.reason,
    })
    .execute();
}

/** Oldest first. */
export async function listTransitions(
  sql: SqlReader,
  workspace: string,
  filter: { readonly alertId: string } | { readonly monitorId: string },
): Promise<readonly StoredTransition[]> {
  const query = sql
    .query<AlertTables>()
    .selectFrom('alert_transitions')
    .selectAll()
    .where('workspace', '=', workspace);
  const rows = await ('alertId' in filter
    ? query.where('alert_id', '=', filter.alertId)
    : query.where('monitor_id', '=', filter.monitorId)
  )
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    alertId: row.alert_id,
    monitorId: row.monitor_id,
    signal: row.signal as AlertSignal,
    from: row.from_state as AlertState,
    to: row.to_state as AlertState,
    at: row.at,
    actor: row.actor,
    windowStart: row.window_start,
    reason: row.reason,
  }));
}

export async function saveSignal(
  tx: SqlTransaction,
  workspace: string,
  monitorId: string,
  signal: AlertSignal,
  stored: StoredSignal,
): Promise<void> {
  const values = { state: JSON.stringify(stored.state), alert_id: stored.alertId ?? null };
  await tx
    .query<AlertTables>()
    .insertInto('monitor_signals')
    .values({ workspace, monitor_id: monitorId, signal, ...values })
    .onConflict((conflict) => conflict.columns(['workspace', 'monitor_id', 'signal']).doUpdateSet(values))
    .execute();
}

/** Every signal that was ever judged. */
export async function listSignals(
  sql: SqlReader,
  workspace: string,
  monitorId: string,
): Promise<ReadonlyMap<AlertSignal, StoredSignal>> {
  const rows = await sql
    .query<AlertTables>()
    .selectFrom('monitor_signals')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('monitor_id', '=', monitorId)
    .execute();
  return new Map(
    rows.map((row) => [
      row.signal as AlertSignal,
      { state: JSON.parse(row.state) as SignalState, alertId: row.alert_id ?? undefined },
    ]),
  );
}

export const quiet: StoredSignal = { state: quietSignal, alertId: undefined };

function alerts(sql: SqlReader, workspace: string) {
  return sql.query<AlertTables>().selectFrom('alerts').selectAll().where('workspace', '=', workspace);
}

function toAlert(row: AlertTables['alerts']): StoredAlert {
  return {
    id: row.id,
    monitorId: row.monitor_id,
    monitor: row.monitor,
    endpoint: row.endpoint,
    signal: row.signal as AlertSignal,
    state: row.state as AlertState,
    causes: JSON.parse(row.causes) as string[],
    summary: row.summary,
    windowStart: row.window_start,
    windowEnd: row.window_end,
    openedAt: row.opened_at,
    firedAt: row.fired_at,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    acknowledgement: row.acknowledgement,
    resolvedAt: row.resolved_at,
  };
}
