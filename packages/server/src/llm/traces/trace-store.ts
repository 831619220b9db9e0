import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { type SpanUsage, type Tokens, tokenNames } from './span-facts.ts';
import { metadataKeys, type ToldTrace, type Trace, type TraceState } from './trace.ts';

export interface TraceTables {
  traces: {
    number: number;
    workspace: string;
    id: string;
    experiment_id: string;
    requested_at: number;
    duration_ms: number | null;
    state: TraceState;
    name: string | null;
    client_request_id: string | null;
    request_preview: string | null;
    response_preview: string | null;
    session_id: string | null;
    input_tokens: number | null;
    output_tokens: number | null;
    total_tokens: number | null;
    cache_read_tokens: number | null;
    cache_write_tokens: number | null;
    /** 1 once its client told of the whole: what spans say counts no longer. */
    told: number;
    spans_stored: number;
    created_at: number;
  };
  trace_tags: { trace: number; name: string; value: string };
  trace_metadata: { trace: number; name: string; value: string };
  trace_runs: { run_id: string; trace: number };
  early_trace_links: { workspace: string; trace_id: string; run_id: string };
  trace_prompts: { prompt: string; trace: number };
}

export const tokenColumns = {
  input_tokens: 'input_tokens',
  output_tokens: 'output_tokens',
  total_tokens: 'total_tokens',
  cache_read_input_tokens: 'cache_read_tokens',
  cache_creation_input_tokens: 'cache_write_tokens',
} as const satisfies Record<(typeof tokenNames)[number], keyof TraceTables['traces']>;

/** What a group of spans says of their trace. */
export interface TraceFromSpans {
  readonly workspace: string;
  readonly id: string;
  readonly experimentId: string;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  /** `IN_PROGRESS` unless the first span of the trace is among them. */
  readonly state: TraceState;
  readonly name: string | undefined;
  readonly requestPreview: string | undefined;
  readonly responsePreview: string | undefined;
  readonly session: string | undefined;
}

const spanTraceColumns = {
  number: 'bigint',
  workspace: 'text',
  id: 'text',
  experiment_id: 'text',
  requested_at: 'bigint',
  duration_ms: 'bigint',
  state: 'text',
  name: 'text',
  request_preview: 'text',
  response_preview: 'text',
  session_id: 'text',
  created_at: 'bigint',
} as const;

export interface KnownTrace {
  readonly number: number;
  readonly workspace: string;
  readonly id: string;
  readonly told: number;
  readonly total_tokens: number | null;
}

const earlier = sql`case when excluded.requested_at < traces.requested_at then excluded.requested_at else traces.requested_at end`;
const endBefore = sql`(traces.requested_at + traces.duration_ms)`;
const endNow = sql`(excluded.requested_at + excluded.duration_ms)`;
const later = sql`case when ${endBefore} is null or ${endNow} > ${endBefore} then coalesce(${endNow}, ${endBefore}) else ${endBefore} end`;

/**
 * Makes the traces that spans speak of, or widens those there are: earliest start, latest end, and what nobody has told yet.
 * Returns the number of each, which for a new one is that of `next`.
 */
export async function upsertTracesOfSpans(
  tx: SqlTransaction,
  traces: readonly { readonly number: number; readonly trace: TraceFromSpans }[],
  now: number,
): Promise<readonly KnownTrace[]> {
  const rows = traces.map(({ number, trace }) => [
    number,
    trace.workspace,
    trace.id,
    trace.experimentId,
    trace.startedAt,
    trace.endedAt === undefined ? null : Math.max(0, trace.endedAt - trace.startedAt),
    trace.state,
    trace.name ?? null,
    trace.requestPreview ?? null,
    trace.responsePreview ?? null,
    trace.session ?? null,
    now,
  ]);
  return tx.forEachRow<KnownTrace>(
    spanTraceColumns,
    rows,
    ({ value, from }) => sql`
      insert into traces (${sql.join(Object.keys(spanTraceColumns).map((column) => sql.ref(column)))}, told, spans_stored)
      select ${sql.join(Object.keys(spanTraceColumns).map((column) => value(column)))}, 0, 1 ${from}
      where true
      on conflict (workspace, id) do update set
        requested_at = case when traces.told = 1 then traces.requested_at else ${earlier} end,
        duration_ms = case when traces.told = 1 then traces.duration_ms else (${later}) - (${earlier}) end,
        state = case when traces.state in ('IN_PROGRESS', 'STATE_UNSPECIFIED') then excluded.state else traces.state end,
        name = coalesce(traces.name, excluded.name),
        request_preview = coalesce(traces.request_preview, excluded.request_preview),
        response_preview = coalesce(traces.response_preview, excluded.response_preview),
        session_id = coalesce(traces.session_id, excluded.session_id),
        spans_stored = 1
      returning number, workspace, id, told, total_tokens`,
  );
}

const toldColumns = {
  ...spanTraceColumns,
  client_request_id: 'text',
  input_tokens: 'bigint',
  output_tokens: 'bigint',
  total_tokens: 'bigint',
  cache_read_tokens: 'bigint',
  cache_write_tokens: 'bigint',
  spans_stored: 'bigint',
} as const;

const keptColumns = [
  'number',
  'workspace',
  'id',
  'created_at',
  'name',
  'request_preview',
  'response_preview',
];
const whereAbsent = [
  'session_id',
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
];

/** Keeps what a client tells of a trace; it takes the place of what was read off spans. Returns its number. */
export async function upsertToldTrace(
  tx: SqlTransaction,
  told: {
    readonly workspace: string;
    /** For a trace that is new. */
    readonly number: number;
    readonly trace: ToldTrace;
    readonly tokens: Tokens | undefined;
    /** ms */
    readonly now: number;
  },
): Promise<number> {
  const { workspace, number, trace, tokens, now } = told;
  const replacedColumns = Object.keys(toldColumns).filter(
    (column) => !keptColumns.includes(column) && !whereAbsent.includes(column) && column !== 'spans_stored',
  );
  const rows = await tx.forEachRow<{ number: number }>(
    toldColumns,
    [
      [
        number,
        workspace,
        trace.id,
        trace.experimentId,
        trace.requestedAt,
        trace.durationMs ?? null,
        trace.state,
        trace.name ?? null,
        trace.requestPreview ?? null,
        trace.responsePreview ?? null,
        trace.metadata[metadataKeys.session] ?? null,
        now,
        trace.clientRequestId ?? null,
        ...tokenNames.map((name) => tokens?.[name] ?? null),
        trace.spansStored ? 1 : 0,
      ],
    ],
    ({ value, from }) => sql`
      insert into traces (${sql.join(Object.keys(toldColumns).map((column) => sql.ref(column)))}, told)
      select ${sql.join(Object.keys(toldColumns).map((column) => value(column)))}, 1 ${from}
      where true
      on conflict (workspace, id) do update set
        ${sql.join(replacedColumns.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`))},
        ${sql.join(
          [...whereAbsent, 'name', 'request_preview', 'response_preview'].map(
            (column) =>
              sql`${sql.ref(column)} = coalesce(excluded.${sql.ref(column)}, traces.${sql.ref(column)})`,
          ),
        )},
        told = 1,
        spans_stored = case when excluded.spans_stored = 1 then 1 else traces.spans_stored end
      returning number`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The trace was not stored.');
  return row.number;
}

const entryColumns = { trace: 'bigint', name: 'text', value: 'text' } as const;

export interface TraceEntry {
  readonly trace: number;
  readonly name: string;
  readonly value: string;
}

/** Sets tags or metadata. With `keep`, those that are there stay as they are. */
export async function putTraceEntries(
  tx: SqlTransaction,
  table: 'trace_tags' | 'trace_metadata',
  entries: readonly TraceEntry[],
  keep = false,
): Promise<void> {
  const last = new Map(entries.map((entry) => [`${entry.trace}\n${entry.name}`, entry]));
  const sorted = [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  const outcome = keep ? sql`nothing` : sql`update set value = excluded.value`;
  await tx.forEachRow(
    entryColumns,
    sorted.map(({ trace, name, value }) => [trace, name, value]),
    ({ value, from }) => sql`
      insert into ${sql.table(table)} (trace, name, value)
      select ${value('trace')}, ${value('name')}, ${value('value')} ${from}
      where true
      on conflict (trace, name) do ${outcome}`,
  );
}

/** Keeps what a trace used. */
export async function setTraceUsage(tx: SqlTransaction, trace: number, usage: SpanUsage): Promise<void> {
  const entries: TraceEntry[] = [];
  if (usage.tokens !== undefined) {
    const { tokens } = usage;
    const values = Object.fromEntries(tokenNames.map((name) => [tokenColumns[name], tokens[name] ?? null]));
    await tx.query<TraceTables>().updateTable('traces').set(values).where('number', '=', trace).execute();
    entries.push({ trace, name: metadataKeys.tokens, value: JSON.stringify(tokens) });
  }
  if (usage.cost !== undefined)
    entries.push({ trace, name: metadataKeys.cost, value: JSON.stringify(usage.cost) });
  await putTraceEntries(tx, 'trace_metadata', entries);
}

export type TraceRow = TraceTables['traces'];

export async function findTraceRow(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<TraceRow | undefined> {
  return reader
    .query<TraceTables>()
    .selectFrom('traces')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
}

const idsPerRead = 500;

/** The traces with these ids, in the order of the ids; those that are not there are left out. */
export async function findTraceRows(
  reader: SqlReader,
  workspace: string,
  ids: readonly string[],
): Promise<readonly TraceRow[]> {
  const found = new Map<string, TraceRow>();
  for (let start = 0; start < ids.length; start += idsPerRead) {
    const rows = await reader
      .query<TraceTables>()
      .selectFrom('traces')
      .selectAll()
      .where('workspace', '=', workspace)
      .where('id', 'in', ids.slice(start, start + idsPerRead))
      .execute();
    for (const row of rows) found.set(row.id, row);
  }
  return [...new Set(ids)].flatMap((id) => found.get(id) ?? []);
}

/** The rows with their tags and metadata, in the same order. */
export async function withEntries(reader: SqlReader, rows: readonly TraceRow[]): Promise<readonly Trace[]> {
  const numbers = rows.map(({ number }) => number);
  const tags = await entriesOf(reader, 'trace_tags', numbers);
  const metadata = await entriesOf(reader, 'trace_metadata', numbers);
  return rows.map((row) => toTrace(row, tags.get(row.number) ?? {}, metadata.get(row.number) ?? {}));
}

async function entriesOf(
  reader: SqlReader,
  table: 'trace_tags' | 'trace_metadata',
  traces: readonly number[],
): Promise<ReadonlyMap<number, Record<string, string>>> {
  const byTrace = new Map<number, Record<string, string>>();
  for (let start = 0; start < traces.length; start += idsPerRead) {
    const rows = await reader
      .query<TraceTables>()
      .selectFrom(table)
      .selectAll()
      .where('trace', 'in', traces.slice(start, start + idsPerRead))
      .execute();
    for (const row of rows) {
      const entries: Record<string, string> = byTrace.get(row.trace) ?? Object.create(null);
      entries[row.name] = row.value;
      byTrace.set(row.trace, entries);
    }
  }
  return byTrace;
}

function toTrace(
  row: TraceRow,
  tags: Readonly<Record<string, string>>,
  metadata: Readonly<Record<string, string>>,
): Trace {
  const tokens: Tokens = {};
  for (const name of tokenNames) {
    const count = row[tokenColumns[name]];
    if (count !== null) tokens[name] = count;
  }
  return {
    id: row.id,
    experimentId: row.experiment_id,
    requestedAt: row.requested_at,
    ...(row.duration_ms === null ? {} : { durationMs: row.duration_ms }),
    state: row.state,
    ...(row.name === null ? {} : { name: row.name }),
    ...(row.client_request_id === null ? {} : { clientRequestId: row.client_request_id }),
    ...(row.request_preview === null ? {} : { requestPreview: row.request_preview }),
    ...(row.response_preview === null ? {} : { responsePreview: row.response_preview }),
    ...(Object.keys(tokens).length === 0 ? {} : { tokens }),
    spansStored: row.spans_stored === 1,
    tags,
    metadata,
  };
}
