import { type AuditLog, assertNotHeld } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { Page } from '../../kernel/paging.ts';
import type { SqlDatabase, SqlReader } from '../../storage/sql/sql-database.ts';
import { assessmentsOf, putAssessments } from './assessment-store.ts';
import { type Assessments, createAssessments } from './assessments.ts';
import { correlate, type FilterCorrelation } from './filter-correlation.ts';
import type { ReceivedSpan } from './span.ts';
import { createSpanAppender } from './span-appender.ts';
import { amounts, tokenNames } from './span-facts.ts';
import { type PlacedSpan, treeOrder } from './span-order.ts';
import { countSpans, findSpans, readSpanPlaces, readSpans, type StoredSpan } from './span-store.ts';
import { type Assessment, metadataKeys, type ToldTrace, type Trace, type TraceState } from './trace.ts';
import type { TraceCondition } from './trace-condition.ts';
import { readTraceMetric, type TraceMetricPoint, type TraceMetricQuery } from './trace-metrics.ts';
import { createTraceNumbers } from './trace-numbers.ts';
import { searchTraces, type TraceSearch, traceNumbersMatching } from './trace-search.ts';
import {
  findTraceRow,
  findTraceRows,
  putTraceEntries,
  type TraceRow,
  type TraceTables,
  upsertToldTrace,
  withEntries,
} from './trace-store.ts';
import { isTagName, traceTag } from './trace-tag.ts';
import { deleteTraceRows } from './traces-deletion.ts';

/** A trace with the judgements on it. */
export interface TraceHead extends Trace {
  readonly assessments: readonly Assessment[];
}

/** Of a span and where it stands in the tree. */
export interface SpanInTree extends StoredSpan, PlacedSpan {}

interface Deletion {
  readonly experimentId: string;
  readonly ids?: readonly string[] | undefined;
  /** Those that began at this time, ms, or before. */
  readonly until?: number | undefined;
  /** At most so many, the oldest first. */
  readonly most?: number | undefined;
}

export interface TracesService {
  readonly assessments: Assessments;
  /** Stores spans and makes their traces; resolves with the ids of these when all is durable. Safe to repeat. */
  addSpans(
    context: RequestContext,
    experimentId: string,
    spans: readonly ReceivedSpan[],
  ): Promise<readonly string[]>;
  /** Keeps what a client tells of a whole trace, in place of what its spans said. Throws TRACE_TAG_INVALID. */
  tell(context: RequestContext, trace: ToldTrace): Promise<TraceHead>;
  /** For clients that tell of the end of a trace apart. Throws TRACE_NOT_FOUND. */
  finish(
    context: RequestContext,
    id: string,
    end: {
      readonly at: number;
      readonly state: TraceState;
      readonly name?: string;
      readonly tags: Readonly<Record<string, string>>;
      readonly metadata: Readonly<Record<string, string>>;
    },
  ): Promise<TraceHead>;
  exists(workspace: string, id: string): Promise<boolean>;
  /** Throws TRACE_NOT_FOUND. */
  head(workspace: string, id: string): Promise<TraceHead>;
  /** Those that are there, in the order of the ids. */
  heads(
    workspace: string,
    ids: readonly string[],
    experiments?: readonly string[],
  ): Promise<readonly TraceHead[]>;
  /** As they started, in pieces. Throws TRACE_NOT_FOUND. */
  spans(workspace: string, id: string): AsyncIterable<readonly StoredSpan[]>;
  /** Whether as many spans have come as the client said there are, by ids. */
  complete(workspace: string, traces: readonly TraceHead[]): Promise<ReadonlySet<string>>;
  /** A piece of the spans as a tree is read, from the position on. Throws TRACE_NOT_FOUND. */
  tree(
    workspace: string,
    id: string,
    page: { readonly from: number; readonly limit: number },
  ): Promise<{ spans: readonly SpanInTree[]; total: number }>;
  /** Throws TRACE_FILTER_INVALID. */
  search(workspace: string, search: TraceSearch): Promise<Page<TraceHead>>;
  /** Returns how many were deleted. Throws EXPERIMENT_NOT_FOUND, LEGAL_HOLD. */
  delete(context: RequestContext, deletion: Deletion): Promise<number>;
  /** Throws TRACE_NOT_FOUND, TRACE_TAG_INVALID. The name of a trace is changed by `rename`. */
  setTag(context: RequestContext, id: string, name: string, value: string): Promise<void>;
  /** Throws TRACE_NOT_FOUND, TRACE_TAG_NOT_FOUND. */
  deleteTag(context: RequestContext, id: string, name: string): Promise<void>;
  /** Without a name, takes it away. Throws TRACE_NOT_FOUND. */
  rename(context: RequestContext, id: string, name: string | undefined): Promise<void>;
  /** Traces that are not there yet are linked once they are. Throws RUN_NOT_FOUND. */
  linkToRun(context: RequestContext, ids: readonly string[], runId: string): Promise<void>;
  /** Links a trace to versions of prompts, as `name/version`. Throws TRACE_NOT_FOUND. */
  linkPrompts(context: RequestContext, id: string, prompts: readonly string[]): Promise<void>;
  /** How far two conditions go together. Throws TRACE_FILTER_INVALID. */
  correlation(
    workspace: string,
    query: {
      readonly experiments: readonly string[];
      readonly base: readonly TraceCondition[];
      readonly first: readonly TraceCondition[];
      readonly second: readonly TraceCondition[];
    },
  ): Promise<FilterCorrelation>;
  metric(workspace: string, query: TraceMetricQuery): Promise<readonly TraceMetricPoint[]>;
}

/** Of the room tracking: what traces lie in. */
interface TraceSurroundings {
  findExperiment(
    workspace: string,
    by: { readonly id: string },
  ): Promise<{ readonly name: string; readonly project?: string } | undefined>;
  findRun(workspace: string, id: string): Promise<unknown>;
}

export interface TracesDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly audit: AuditLog;
  readonly surroundings: TraceSurroundings;
}

// A trace may have ten thousands of spans.
const deletedAtOnce = 100;

export function createTracesService(deps: TracesDeps): TracesService {
  const { sql, clock } = deps;
  const nextNumber = createTraceNumbers(deps);
  const appender = createSpanAppender({ sql, clock, nextNumber });

  async function headsOf(reader: SqlReader, rows: readonly TraceRow[]): Promise<readonly TraceHead[]> {
    const traces = await withEntries(reader, rows);
    const assessments = await assessmentsOf(
      reader,
      rows.map(({ number }) => number),
    );
    return traces.map((trace, index) => ({
      ...trace,
      assessments: assessments.get(rows[index]?.number ?? 0) ?? [],
    }));
  }

  async function headOf(reader: SqlReader, row: TraceRow): Promise<TraceHead> {
    const [head] = await headsOf(reader, [row]);
    if (head === undefined) throw esteiraError('TRACE_NOT_FOUND', { id: row.id });
    return head;
  }

  return {
    assessments: createAssessments(deps),
    addSpans: ({ workspace }, experimentId, spans) => appender.append(workspace, experimentId, spans),

    tell: ({ workspace }, trace) =>
      sql.transaction(async (tx) => {
        const tags = Object.entries(trace.tags).map(([name, value]) => checkedTag(name, value));
        const tokens = amounts(trace.metadata[metadataKeys.tokens], tokenNames);
        const number = await upsertToldTrace(tx, {
          workspace,
          number: nextNumber(),
          trace,
          tokens,
          now: clock.now(),
        });
        await putTraceEntries(
          tx,
          'trace_tags',
          tags.map((tag) => ({ trace: number, ...tag })),
        );
        await putTraceEntries(tx, 'trace_metadata', entriesOf(number, trace.metadata));
        await putAssessments(tx, number, trace.assessments);
        return headOf(tx, await existing(tx, workspace, trace.id));
      }),

    finish: ({ workspace }, id, end) =>
      sql.transaction(async (tx) => {
        const row = await existing(tx, workspace, id);
        await tx
          .query<TraceTables>()
          .updateTable('traces')
          .set({
            duration_ms: Math.max(0, end.at - row.requested_at),
            state: end.state,
            told: 1,
            ...(end.name === undefined ? {} : { name: end.name }),
          })
          .where('number', '=', row.number)
          .execute();
        const tags = Object.entries(end.tags).map(([name, value]) => checkedTag(name, value));
        await putTraceEntries(
          tx,
          'trace_tags',
          tags.map((tag) => ({ trace: row.number, ...tag })),
        );
        await putTraceEntries(tx, 'trace_metadata', entriesOf(row.number, end.metadata));
        return headOf(tx, await existing(tx, workspace, id));
      }),

    exists: async (workspace, id) => (await findTraceRow(sql, workspace, id)) !== undefined,
    head: async (workspace, id) => headOf(sql, await existing(sql, workspace, id)),
    async heads(workspace, ids, experiments) {
      const rows = await findTraceRows(sql, workspace, ids);
      const wanted = experiments === undefined ? undefined : new Set(experiments);
      return headsOf(
        sql,
        rows.filter((row) => wanted === undefined || wanted.has(row.experiment_id)),
      );
    },
    async *spans(workspace, id) {
      const { number } = await existing(sql, workspace, id);
      yield* readSpans(sql, number);
    },
    async complete(workspace, traces) {
      const rows = await findTraceRows(
        sql,
        workspace,
        traces.map(({ id }) => id),
      );
      const counts = await countSpans(
        sql,
        rows.map(({ number }) => number),
      );
      const stored = new Map(rows.map((row) => [row.id, counts.get(row.number) ?? 0]));
      const done = traces.filter(({ id, metadata }) => {
        const count = stored.get(id) ?? 0;
        return count > 0 && count >= spansAnnounced(metadata);
      });
      return new Set(done.map(({ id }) => id));
    },
    async tree(workspace, id, { from, limit }) {
      const { number } = await existing(sql, workspace, id);
      const order = await treeOrder(await readSpanPlaces(sql, number));
      const page = order.slice(from, from + limit);
      const found = await findSpans(
        sql,
        number,
        page.map((place) => place.id),
      );
      const byId = new Map(found.map((stored) => [stored.span.id, stored]));
      const spans = page.flatMap((place) => {
        const stored = byId.get(place.id);
        return stored === undefined ? [] : [{ ...stored, ...place }];
      });
      return { spans, total: order.length };
    },

    async search(workspace, search) {
      const { items, nextCursor } = await searchTraces(sql, workspace, search);
      const heads = await headsOf(sql, items);
      return { items: [...heads], ...(nextCursor === undefined ? {} : { nextCursor }) };
    },

    async delete(context, deletion) {
      const { workspace } = context;
      const experiment = await deps.surroundings.findExperiment(workspace, { id: deletion.experimentId });
      if (experiment === undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id: deletion.experimentId });
      const { project } = experiment;
      const within = project === undefined ? [] : [{ kind: 'project', id: project } as const];
      let deleted = 0;
      for (;;) {
        const limit = Math.min(deletedAtOnce, (deletion.most ?? Number.POSITIVE_INFINITY) - deleted);
        if (limit <= 0) break;
        const gone = await sql.transaction(async (tx) => {
          await assertNotHeld(tx, workspace, { kind: 'experiment', id: experiment.name }, within);
          const numbers = await numbersToDelete(tx, workspace, deletion, limit);
          await deleteTraceRows(tx, numbers);
          if (numbers.length > 0)
            await deps.audit.record(tx, context, {
              action: 'llm.traces.deleted',
              subject: { kind: 'experiment', id: deletion.experimentId },
              details: { traces: numbers.length },
            });
          return numbers.length;
        });
        deleted += gone;
        if (gone < limit) break;
      }
      return deleted;
    },

    setTag: ({ workspace }, id, name, value) =>
      sql.transaction(async (tx) => {
        const tag = checkedTag(name, value);
        const { number } = await existing(tx, workspace, id);
        await putTraceEntries(tx, 'trace_tags', [{ trace: number, ...tag }]);
      }),
    deleteTag: ({ workspace }, id, name) =>
      sql.transaction(async (tx) => {
        const { number } = await existing(tx, workspace, id);
        const result = await tx
          .query<TraceTables>()
          .deleteFrom('trace_tags')
          .where('trace', '=', number)
          .where('name', '=', name)
          .executeTakeFirst();
        if (Number(result.numDeletedRows) === 0) throw esteiraError('TRACE_TAG_NOT_FOUND', { id, name });
      }),
    rename: ({ workspace }, id, name) =>
      sql.transaction(async (tx) => {
        const { number } = await existing(tx, workspace, id);
        await tx
          .query<TraceTables>()
          .updateTable('traces')
          .set({ name: name ?? null })
          .where('number', '=', number)
          .execute();
      }),

    async linkToRun({ workspace }, ids, runId) {
      if ((await deps.surroundings.findRun(workspace, runId)) === undefined)
        throw esteiraError('RUN_NOT_FOUND', { id: runId });
      await sql.transaction(async (tx) => {
        const rows = await findTraceRows(tx, workspace, ids);
        const early = new Set(ids).difference(new Set(rows.map(({ id }) => id)));
        if (early.size > 0)
          await tx
            .query<TraceTables>()
            .insertInto('early_trace_links')
            .values([...early].map((id) => ({ workspace, trace_id: id, run_id: runId })))
            .onConflict((conflict) => conflict.columns(['run_id', 'trace_id', 'workspace']).doNothing())
            .execute();
        if (rows.length === 0) return;
        await tx
          .query<TraceTables>()
          .insertInto('trace_runs')
          .values(rows.map(({ number }) => ({ run_id: runId, trace: number })))
          .onConflict((conflict) => conflict.columns(['run_id', 'trace']).doNothing())
          .execute();
      });
    },
    async linkPrompts({ workspace }, id, prompts) {
      await sql.transaction(async (tx) => {
        const { number } = await existing(tx, workspace, id);
        if (prompts.length === 0) return;
        await tx
          .query<TraceTables>()
          .insertInto('trace_prompts')
          .values([...new Set(prompts)].map((prompt) => ({ prompt, trace: number })))
          .onConflict((conflict) => conflict.columns(['prompt', 'trace']).doNothing())
          .execute();
      });
    },

    async correlation(workspace, { experiments, base, first, second }) {
      const matching = (conditions: readonly TraceCondition[]) =>
        traceNumbersMatching(sql, workspace, { experiments, conditions });
      const all = await matching(base);
      const one = await matching([...base, ...first]);
      const other = await matching([...base, ...second]);
      return correlate({
        total: all.size,
        first: one.size,
        second: other.size,
        both: one.intersection(other).size,
      });
    },
    metric: (workspace, query) => readTraceMetric(sql, workspace, query),
  };
}

async function existing(reader: SqlReader, workspace: string, id: string): Promise<TraceRow> {
  const row = await findTraceRow(reader, workspace, id);
  if (row === undefined) throw esteiraError('TRACE_NOT_FOUND', { id });
  return row;
}

function checkedTag(name: string, value: string): { name: string; value: string } {
  const tag = traceTag(name, value);
  if (tag !== undefined) return tag;
  const problem = isTagName(name)
    ? 'it has more than 250 characters'
    : 'it is no plain path of letters and digits';
  throw esteiraError('TRACE_TAG_INVALID', { name, problem });
}

function entriesOf(trace: number, entries: Readonly<Record<string, string>>) {
  return Object.entries(entries).map(([name, value]) => ({ trace, name, value }));
}

function spansAnnounced(metadata: Readonly<Record<string, string>>): number {
  const stats = metadata[metadataKeys.sizes];
  return stats === undefined ? 0 : (amounts(stats, ['num_spans'])?.num_spans ?? 0);
}

async function numbersToDelete(
  reader: SqlReader,
  workspace: string,
  { experimentId, ids, until }: Deletion,
  limit: number,
): Promise<readonly number[]> {
  let query = reader
    .query<TraceTables>()
    .selectFrom('traces')
    .select('number')
    .where('workspace', '=', workspace)
    .where('experiment_id', '=', experimentId);
  if (ids !== undefined && ids.length > 0) query = query.where('id', 'in', ids);
  if (until !== undefined) query = query.where('requested_at', '<=', until);
  const rows = await query.orderBy('requested_at').orderBy('id').limit(limit).execute();
  return rows.map(({ number }) => number);
}
