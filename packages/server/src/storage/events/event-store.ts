import type { EsteiraEvent, EventType } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../sql/sql-database.ts';

interface EventRow {
  id: string;
  position: number;
  workspace: string;
  type: string;
  at: number;
  actor: string;
  payload: string;
}

interface EventTables {
  events: EventRow;
  event_deliveries: { subscriber: string; position: number };
}

/** An event with its place in the order of commits. */
interface PlacedEvent {
  readonly position: number;
  readonly event: EsteiraEvent;
}

export async function insertEvent(tx: SqlTransaction, event: EsteiraEvent): Promise<void> {
  await tx
    .query<EventTables>()
    .insertInto('events')
    .values({
      id: event.id,
      position: tx.nextPosition('events'),
      workspace: event.workspace,
      type: event.type,
      at: event.at,
      actor: event.actor,
      payload: JSON.stringify(event.payload),
    })
    .execute();
}

/** Events of a type behind a position, in order, as far as no earlier one can still be committed. */
export async function eventsAfter(
  reader: SqlReader,
  type: EventType,
  position: number,
  limit: number,
): Promise<readonly PlacedEvent[]> {
  const rows = await reader
    .query<EventTables>()
    .selectFrom('events')
    .selectAll()
    .where('type', '=', type)
    .where('position', '>', position)
    .where('position', '<', reader.settledPosition())
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ position: row.position, event: toEvent(row) }));
}

/** Events of a workspace in order: those behind the event `after`, or the newest ones. */
export async function eventsOfWorkspace(
  reader: SqlReader,
  workspace: string,
  page: { after?: string; limit: number },
): Promise<readonly EsteiraEvent[]> {
  const events = reader
    .query<EventTables>()
    .selectFrom('events')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('position', '<', reader.settledPosition())
    .limit(page.limit);
  if (page.after === undefined) {
    const newest = await events.orderBy('position', 'desc').execute();
    return newest.reverse().map(toEvent);
  }
  const { after } = page;
  const rows = await events
    .where('position', '>', (query) =>
      query
        .selectFrom('events')
        .select('position')
        .where('id', '=', after)
        .where('workspace', '=', workspace),
    )
    .orderBy('position')
    .execute();
  return rows.map(toEvent);
}

/** How far a subscriber has got. One that is new begins at the end: history is not news. */
export async function openCursor(tx: SqlTransaction, subscriber: string): Promise<number> {
  const known = await tx
    .query<EventTables>()
    .selectFrom('event_deliveries')
    .select('position')
    .where('subscriber', '=', subscriber)
    .executeTakeFirst();
  if (known !== undefined) return known.position;
  const last = await tx
    .query<EventTables>()
    .selectFrom('events')
    .select((query) => query.fn.max('position').as('position'))
    .where('position', '<', tx.settledPosition())
    .executeTakeFirst();
  const position = last?.position ?? 0;
  await tx.query<EventTables>().insertInto('event_deliveries').values({ subscriber, position }).execute();
  return position;
}

export async function moveCursor(tx: SqlTransaction, subscriber: string, position: number): Promise<void> {
  await tx
    .query<EventTables>()
    .updateTable('event_deliveries')
    .set({ position })
    .where('subscriber', '=', subscriber)
    .execute();
}

function toEvent(row: EventRow): EsteiraEvent {
  const { id, workspace, at, actor } = row;
  return { id, workspace, at, actor, type: row.type, payload: JSON.parse(row.payload) } as EsteiraEvent;
}
