import type { EsteiraEvent, EventType } from '@esteira/contracts';
import { sql } from 'kysely';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../sql/sql-database.ts';

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

const eventColumns = {
  id: 'text',
  workspace: 'text',
  type: 'text',
  at: 'bigint',
  actor: 'text',
  payload: 'text',
} as const;

/** Inserts events in their order. */
export async function insertEvents(tx: SqlTransaction, events: readonly EsteiraEvent[]): Promise<void> {
  const rows = events.map(({ id, workspace, type, at, actor, payload }) => [
    id,
    workspace,
    type,
    at,
    actor,
    JSON.stringify(payload),
  ]);
  await tx.forEachRow(
    eventColumns,
    rows,
    ({ value, nextPosition, from }) => sql`
      insert into events (id, position, workspace, type, at, actor, payload)
      select ${value('id')}, ${nextPosition('events')}, ${value('workspace')}, ${value('type')}, ${value('at')},
        ${value('actor')}, ${value('payload')} ${from} where true`,
  );
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

/** What a subscriber has not been given yet, counted up to 1,000; when the oldest of it happened. */
export async function undeliveredEvents(
  reader: SqlReader,
  subscriber: string,
  type: EventType,
): Promise<{ readonly count: number; readonly oldestAt: number | undefined }> {
  const waiting = await reader
    .query<EventTables>()
    .selectFrom('events')
    .select('at')
    .where('type', '=', type)
    .where('position', '>', (query) =>
      query.selectFrom('event_deliveries').select('position').where('subscriber', '=', subscriber),
    )
    .orderBy('position')
    .limit(1_000)
    .execute();
  return { count: waiting.length, oldestAt: waiting[0]?.at };
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
  await tx
    .query<EventTables>()
    .insertInto('event_deliveries')
    .values({ subscriber, position })
    .onConflict((conflict) => conflict.column('subscriber').doNothing())
    .execute();
  return position;
}

/** Never back: whoever delivered before may come late with its last word. */
export async function moveCursor(tx: SqlTransaction, subscriber: string, position: number): Promise<void> {
  await tx
    .query<EventTables>()
    .updateTable('event_deliveries')
    .set({ position })
    .where('subscriber', '=', subscriber)
    .where('position', '<', position)
    .execute();
}

/** Whether events of the type are committed behind a position, also such as may be preceded by others still. */
export async function hasEventsAfter(reader: SqlReader, type: EventType, position: number): Promise<boolean> {
  const row = await reader
    .query<EventTables>()
    .selectFrom('events')
    .select('position')
    .where('type', '=', type)
    .where('position', '>', position)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

const forgottenAtOnce = 500;

/**
 * Forgets events older than a time that every subscriber has behind it, oldest first, a few hundred to a transaction. The
 * newest event stays whatever its age: positions are counted on from it.
 */
export async function forgetEvents(
  database: SqlDatabase,
  what: { before: number; subscribers: readonly string[] },
  signal: AbortSignal,
): Promise<number> {
  let forgotten = 0;
  for (;;) {
    signal.throwIfAborted();
    // Cursors and positions only grow, so what was old and delivered stays so.
    const count = await database.transaction((tx) => forgetSome(tx, what), { isolation: 'read-committed' });
    forgotten += count;
    if (count < forgottenAtOnce) return forgotten;
  }
}

async function forgetSome(
  tx: SqlTransaction,
  { before, subscribers }: { before: number; subscribers: readonly string[] },
): Promise<number> {
  // An empty list is no SQL.
  const cursors =
    subscribers.length === 0
      ? []
      : await tx
          .query<EventTables>()
          .selectFrom('event_deliveries')
          .select('position')
          .where('subscriber', 'in', [...subscribers])
          .execute();
  const delivered = Math.min(Number.MAX_SAFE_INTEGER, ...cursors.map(({ position }) => position));
  const newest = await tx
    .query<EventTables>()
    .selectFrom('events')
    .select((query) => query.fn.max('position').as('position'))
    .executeTakeFirst();
  const oldest = await tx
    .query<EventTables>()
    .selectFrom('events')
    .select(['position', 'at'])
    .where('position', '<=', delivered)
    .where('position', '<', newest?.position ?? 0)
    .orderBy('position')
    .limit(forgottenAtOnce)
    .execute();
  const young = oldest.findIndex(({ at }) => at >= before);
  const old = young < 0 ? oldest : oldest.slice(0, young);
  const last = old.at(-1);
  if (last === undefined) return 0;
  await tx.query<EventTables>().deleteFrom('events').where('position', '<=', last.position).execute();
  return old.length;
}

function toEvent(row: EventRow): EsteiraEvent {
  const { id, workspace, at, actor } = row;
  return { id, workspace, at, actor, type: row.type, payload: JSON.parse(row.payload) } as EsteiraEvent;
}
