import { sql } from 'kysely';
import type { RowValues } from '../../storage/sql/row-source.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { type ReceivedSpan, type Span, type SpanStatus, toMicroseconds } from './span.ts';
import { decodeSpanBody, encodeSpanBody, storableText } from './span-body.ts';
import type { SpanFacts, SpanUsage } from './span-facts.ts';

export interface SpanTables {
  spans: {
    trace: number;
    span_id: string;
    parent_id: string | null;
    name: string;
    type: string | null;
    status: SpanStatus;
    started_us: number;
    ended_us: number | null;
    model: string | null;
    provider: string | null;
    usage: string | null;
    body: string;
  };
}

const columns = {
  trace: 'bigint',
  span_id: 'text',
  parent_id: 'text',
  name: 'text',
  type: 'text',
  status: 'text',
  started_us: 'bigint',
  ended_us: 'bigint',
  model: 'text',
  provider: 'text',
  usage: 'text',
  body: 'text',
} as const;

const replaced = Object.keys(columns).filter((column) => column !== 'trace' && column !== 'span_id');

/** A span on its way into the store; made while its request waits its turn, so that transactions stay short. */
export interface PreparedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly row: RowValues;
}

export function prepareSpan({ span, traceId, scope }: ReceivedSpan, facts: SpanFacts): PreparedSpan {
  return {
    traceId,
    spanId: span.id,
    row: [
      span.id,
      span.parentId ?? null,
      storableText(span.name),
      facts.type === undefined ? null : storableText(facts.type),
      span.status,
      toMicroseconds(span.startedAt),
      span.endedAt === '0' ? null : toMicroseconds(span.endedAt),
      facts.model === undefined ? null : storableText(facts.model),
      facts.provider === undefined ? null : storableText(facts.provider),
      facts.usage === undefined ? null : JSON.stringify(facts.usage),
      encodeSpanBody(span, scope),
    ],
  };
}

/** Stores spans of traces by their numbers; one that is there already is replaced. No span may stand twice among them. */
export async function upsertSpans(
  tx: SqlTransaction,
  spans: readonly { readonly trace: number; readonly prepared: PreparedSpan }[],
): Promise<void> {
  await tx.forEachRow(
    columns,
    spans.map(({ trace, prepared }) => [trace, ...prepared.row]),
    ({ value, from }) => sql`
      insert into spans (${sql.join(Object.keys(columns).map((column) => sql.ref(column)))})
      select ${sql.join(Object.keys(columns).map((column) => value(column)))} ${from}
      where true
      on conflict (trace, span_id) do update set
      ${sql.join(replaced.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`))}`,
  );
}

/** What a trace's spans used, and how they lie in each other. */
export async function usageNodes(
  reader: SqlReader,
  traces: readonly number[],
): Promise<
  ReadonlyMap<number, { id: string; parentId: string | undefined; usage: SpanUsage | undefined }[]>
> {
  const rows = await reader
    .query<SpanTables>()
    .selectFrom('spans')
    .select(['trace', 'span_id', 'parent_id', 'usage'])
    .where('trace', 'in', traces)
    .execute();
  const nodes = new Map<
    number,
    { id: string; parentId: string | undefined; usage: SpanUsage | undefined }[]
  >();
  for (const row of rows) {
    const own = nodes.get(row.trace) ?? [];
    own.push({
      id: row.span_id,
      parentId: row.parent_id ?? undefined,
      usage: row.usage === null ? undefined : (JSON.parse(row.usage) as SpanUsage),
    });
    nodes.set(row.trace, own);
  }
  return nodes;
}

export interface StoredSpan {
  readonly trace: number;
  readonly type: string | undefined;
  readonly span: Span;
  readonly scope: string;
}

const spansPerRead = 100;

/** All spans of a trace, first those without a parent, then as they started; read in pieces. */
export async function* readSpans(reader: SqlReader, trace: number): AsyncGenerator<readonly StoredSpan[]> {
  const places = [...(await readSpanPlaces(reader, trace))].sort(comparePlaces);
  for (let start = 0; start < places.length; start += spansPerRead) {
    const ids = places.slice(start, start + spansPerRead).map(({ id }) => id);
    const found = new Map((await findSpans(reader, trace, ids)).map((stored) => [stored.span.id, stored]));
    yield ids.flatMap((id) => found.get(id) ?? []);
    // Others are served between.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function comparePlaces(a: SpanPlace, b: SpanPlace): number {
  const rank = Number(a.parentId !== undefined) - Number(b.parentId !== undefined);
  return rank || a.startedUs - b.startedUs || (a.id < b.id ? -1 : 1);
}

/** The spans with these ids, in no order. */
export async function findSpans(
  reader: SqlReader,
  trace: number,
  ids: readonly string[],
): Promise<readonly StoredSpan[]> {
  if (ids.length === 0) return [];
  const rows = await reader
    .query<SpanTables>()
    .selectFrom('spans')
    .selectAll()
    .where('trace', '=', trace)
    .where('span_id', 'in', ids)
    .execute();
  return rows.map(toStoredSpan);
}

export async function countSpans(
  reader: SqlReader,
  traces: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (traces.length === 0) return new Map();
  const rows = await reader
    .query<SpanTables>()
    .selectFrom('spans')
    .select(['trace', (row) => row.fn.countAll<number>().as('spans')])
    .where('trace', 'in', traces)
    .groupBy('trace')
    .execute();
  return new Map(rows.map((row) => [row.trace, Number(row.spans)]));
}

/** How the spans of a trace lie in each other. */
export interface SpanPlace {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly startedUs: number;
}

const placesPerRead = 4000;

export async function readSpanPlaces(reader: SqlReader, trace: number): Promise<readonly SpanPlace[]> {
  const places: SpanPlace[] = [];
  let after = '';
  for (;;) {
    const rows = await reader
      .query<SpanTables>()
      .selectFrom('spans')
      .select(['span_id', 'parent_id', 'started_us'])
      .where('trace', '=', trace)
      .where('span_id', '>', after)
      .orderBy('span_id')
      .limit(placesPerRead)
      .execute();
    for (const row of rows)
      places.push({ id: row.span_id, parentId: row.parent_id ?? undefined, startedUs: row.started_us });
    after = rows.at(-1)?.span_id ?? '';
    if (rows.length < placesPerRead) return places;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function toStoredSpan(row: SpanTables['spans']): StoredSpan {
  const { scope, name, ...body } = decodeSpanBody(row.body);
  return {
    trace: row.trace,
    type: row.type ?? undefined,
    scope,
    span: {
      ...body,
      id: row.span_id,
      ...(row.parent_id === null ? {} : { parentId: row.parent_id }),
      name: name ?? row.name,
      status: row.status,
    },
  };
}
