import { setImmediate as turn } from 'node:timers/promises';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { countSpans, type SpanTables } from './span-store.ts';

// A statement of SQLite holds the event loop: five microseconds a span.
const spansAtOnce = 5_000;

/** Deletes the spans of traces in parts, with the reads of others between them: a trace may have ten thousands. */
export async function deleteSpans(tx: SqlTransaction, traces: readonly number[]): Promise<void> {
  let part: number[] = [];
  let spans = 0;
  for (const [trace, count] of await countSpans(tx, traces)) {
    const rest = count > spansAtOnce ? await deleteFirstSpans(tx, trace, count) : count;
    if (part.length > 0 && spans + rest > spansAtOnce) {
      await deleteAllSpans(tx, part);
      await turn();
      part = [];
      spans = 0;
    }
    part.push(trace);
    spans += rest;
  }
  // The last part, and spans that came meanwhile.
  await deleteAllSpans(tx, traces);
}

/** Until few enough are left for one statement. Returns how many. */
async function deleteFirstSpans(tx: SqlTransaction, trace: number, count: number): Promise<number> {
  let rest = count;
  while (rest > spansAtOnce) {
    const next = await tx
      .query<SpanTables>()
      .selectFrom('spans')
      .select('span_id')
      .where('trace', '=', trace)
      .orderBy('span_id')
      .offset(spansAtOnce)
      .limit(1)
      .executeTakeFirst();
    if (next === undefined) break;
    await tx
      .query<SpanTables>()
      .deleteFrom('spans')
      .where('trace', '=', trace)
      .where('span_id', '<', next.span_id)
      .execute();
    rest -= spansAtOnce;
    await turn();
  }
  return rest;
}

async function deleteAllSpans(tx: SqlTransaction, traces: readonly number[]): Promise<void> {
  await tx.query<SpanTables>().deleteFrom('spans').where('trace', 'in', traces).execute();
}
