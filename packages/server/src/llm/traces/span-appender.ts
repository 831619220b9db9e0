import type { Clock } from '../../kernel/clock.ts';
import { createGroupedWrites } from '../../storage/sql/grouped-writes.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { prepareSpans, type TraceSummary } from './prepare-spans.ts';
import type { ReceivedSpan } from './span.ts';
import { type PreparedSpan, upsertSpans, usageNodes } from './span-store.ts';
import { metadataKeys, type TraceState } from './trace.ts';
import {
  type KnownTrace,
  putTraceEntries,
  setTraceUsage,
  type TraceEntry,
  upsertTracesOfSpans,
} from './trace-store.ts';
import { usageOfTrace } from './trace-usage.ts';

/** Stores spans for many callers at once. */
export interface SpanAppender {
  /** Resolves with the ids of the traces when the spans are durable. The same spans again replace themselves. */
  append(workspace: string, experimentId: string, spans: readonly ReceivedSpan[]): Promise<readonly string[]>;
}

interface Append {
  readonly workspace: string;
  readonly experimentId: string;
  readonly traces: readonly TraceSummary[];
  readonly spans: number;
}

// Bounds the time that one transaction takes.
const mostSpans = 2000;

/** Stores the spans of the requests that arrive together in a handful of statements. */
export function createSpanAppender(deps: {
  sql: SqlDatabase;
  clock: Clock;
  nextNumber: () => number;
}): SpanAppender {
  const { sql } = deps;
  async function store(tx: SqlTransaction, group: readonly Append[]): Promise<readonly Stored[]> {
    await storeSpans(tx, group, deps);
    return group.map(({ traces }) => ({ value: traces.map(({ id }) => id) }));
  }
  const write = createGroupedWrites<Append, readonly string[]>({
    sql,
    most: mostSpans,
    weigh: ({ spans }) => spans,
    write: store,
    // Where two processes took the same number for a trace, the next try takes another.
    async writeAlone(append) {
      await sql.transaction((tx) => store(tx, [append]), { isolation: 'read-committed' });
      return append.traces.map(({ id }) => id);
    },
  });
  return {
    append: async (workspace, experimentId, spans) =>
      write({ workspace, experimentId, traces: prepareSpans(spans), spans: spans.length }),
  };
}

type Stored = { readonly value: readonly string[] };

/** The parts of one trace in the requests of a group. */
interface TraceParts {
  readonly workspace: string;
  readonly experimentId: string;
  readonly parts: TraceSummary[];
}

async function storeSpans(
  tx: SqlTransaction,
  group: readonly Append[],
  { clock, nextNumber }: { clock: Clock; nextNumber: () => number },
): Promise<void> {
  const traces = new Map<string, TraceParts>();
  for (const { workspace, experimentId, traces: summaries } of group) {
    for (const summary of summaries) {
      const key = keyOf(workspace, summary.id);
      const known = traces.get(key);
      if (known === undefined) traces.set(key, { workspace, experimentId, parts: [summary] });
      else known.parts.push(summary);
    }
  }
  // Always in one order: two transactions over the same traces wait for each other instead of in a circle.
  const sorted = [...traces].sort(([a], [b]) => (a < b ? -1 : 1));
  const proposed = sorted.map(([, { workspace, experimentId, parts }]) => ({
    number: nextNumber(),
    trace: { workspace, experimentId, ...merged(parts) },
  }));
  const made = new Set(proposed.map(({ number }) => number));
  const known = await upsertTracesOfSpans(tx, proposed, clock.now());
  const rows = new Map(known.map((row) => [keyOf(row.workspace, row.id), row]));
  const numbered = sorted.map(([key, { parts }]) => ({ row: rowOf(rows, key), parts }));

  await upsertSpans(tx, lastOfEach(numbered));
  const tags: TraceEntry[] = [];
  const resourceTags: TraceEntry[] = [];
  const metadata: TraceEntry[] = [];
  for (const { row, parts } of numbered) {
    const trace = row.number;
    for (const part of parts) {
      for (const [name, value] of part.tags) tags.push({ trace, name, value });
      for (const [name, value] of part.resourceTags) resourceTags.push({ trace, name, value });
      if (part.session !== undefined)
        metadata.push({ trace, name: metadataKeys.session, value: part.session });
      if (part.user !== undefined) metadata.push({ trace, name: metadataKeys.user, value: part.user });
    }
  }
  await putTraceEntries(tx, 'trace_tags', tags);
  await putTraceEntries(tx, 'trace_tags', resourceTags, true);
  await putTraceEntries(tx, 'trace_metadata', metadata, true);
  await storeUsage(tx, numbered, made);
}

/** What a client told of a whole trace stands; else it is summed anew over all its spans. */
async function storeUsage(
  tx: SqlTransaction,
  traces: readonly { row: KnownTrace; parts: readonly TraceSummary[] }[],
  made: ReadonlySet<number>,
): Promise<void> {
  const using = traces.filter(
    ({ row, parts }) => parts.some(({ uses }) => uses) && !(row.told === 1 && row.total_tokens !== null),
  );
  const older = using.map(({ row }) => row.number).filter((number) => !made.has(number));
  const stored = older.length === 0 ? undefined : await usageNodes(tx, older);
  for (const { row, parts } of using) {
    const nodes = stored?.get(row.number) ?? parts.flatMap(({ facts }) => facts);
    await setTraceUsage(tx, row.number, usageOfTrace(nodes));
  }
}

function merged(parts: readonly TraceSummary[]) {
  const [first] = parts;
  const ends = parts.flatMap(({ endedAt }) => endedAt ?? []);
  const state: TraceState =
    parts.map((part) => part.state).find((each) => each !== 'IN_PROGRESS') ?? 'IN_PROGRESS';
  const pick = <Key extends 'name' | 'requestPreview' | 'responsePreview' | 'session'>(key: Key) =>
    parts.map((part) => part[key]).find((value) => value !== undefined);
  return {
    id: first?.id ?? '',
    startedAt: Math.min(...parts.map(({ startedAt }) => startedAt)),
    endedAt: ends.length === 0 ? undefined : Math.max(...ends),
    state,
    name: pick('name'),
    requestPreview: pick('requestPreview'),
    responsePreview: pick('responsePreview'),
    session: pick('session'),
  };
}

/** Each span once, as it was sent last. */
function lastOfEach(traces: readonly { row: KnownTrace; parts: readonly TraceSummary[] }[]) {
  const spans: { trace: number; prepared: PreparedSpan }[] = [];
  for (const { row, parts } of traces) {
    const last = new Map<string, PreparedSpan>();
    for (const part of parts) for (const prepared of part.spans) last.set(prepared.spanId, prepared);
    for (const prepared of last.values()) spans.push({ trace: row.number, prepared });
  }
  return spans;
}

function rowOf(rows: ReadonlyMap<string, KnownTrace>, key: string): KnownTrace {
  const row = rows.get(key);
  if (row === undefined) throw new Error('A trace was not stored.');
  return row;
}

// Ids hold no line feed.
function keyOf(workspace: string, id: string): string {
  return `${workspace}\n${id}`;
}
