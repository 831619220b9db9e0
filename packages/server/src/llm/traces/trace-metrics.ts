import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { AssessmentTables } from './assessment-store.ts';
import { createMetricGroups, type MetricAggregation, type TraceMetricPoint } from './metric-groups.ts';
import type { costNames, SpanUsage, tokenNames } from './span-facts.ts';
import type { SpanTables } from './span-store.ts';
import type { TraceCondition } from './trace-condition.ts';
import { all, traceConditionsSql } from './trace-condition-sql.ts';
import { type TraceTables, tokenColumns } from './trace-store.ts';

/** What is counted or summed. Costs are by the time of the span, everything else by that of its trace. */
export type TraceMetric =
  | { readonly of: 'traces'; readonly value: 'count' | 'sessions' | 'duration' | (typeof tokenNames)[number] }
  | { readonly of: 'spans'; readonly value: 'count' | 'duration' | (typeof costNames)[number] }
  | { readonly of: 'assessments'; readonly value: 'count' | 'value' };

export type MetricDimension = 'name' | 'state' | 'type' | 'model' | 'provider' | 'value';

export interface TraceMetricQuery {
  readonly experiments: readonly string[];
  readonly metric: TraceMetric;
  readonly aggregations: readonly MetricAggregation[];
  /** Of the traces, spans or assessments themselves. */
  readonly dimensions: readonly MetricDimension[];
  readonly conditions: readonly TraceCondition[];
  /** Equal values of columns of spans or assessments. */
  readonly ownConditions: readonly {
    readonly column: 'name' | 'type' | 'status' | 'kind';
    readonly value: string;
  }[];
  /** Milliseconds since 1970, both included. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly bucketMs?: number | undefined;
  readonly limit: number;
}

export type { TraceMetricPoint };

interface Sample {
  readonly at: number;
  readonly value: number | string | null;
  readonly dimensions: readonly (string | null)[];
}

const rowsPerRead = 5000;

/** Aggregates of traces, spans or assessments by dimensions and stretches of time, read in pieces. */
export async function readTraceMetric(
  reader: SqlReader,
  workspace: string,
  query: TraceMetricQuery,
): Promise<readonly TraceMetricPoint[]> {
  if (query.experiments.length === 0) return [];
  const groups = createMetricGroups(query.aggregations, query.metric.value === 'sessions');
  for await (const { at, value, dimensions } of samples(reader, workspace, query)) {
    if (value === null || dimensions.includes(null)) continue;
    const bucket =
      query.bucketMs === undefined ? undefined : Math.floor(at / query.bucketMs) * query.bucketMs;
    groups.add(bucket, dimensions as readonly string[], value);
  }
  return groups.points().slice(0, query.limit);
}

function samples(reader: SqlReader, workspace: string, query: TraceMetricQuery): AsyncGenerator<Sample> {
  if (query.metric.of === 'traces') return traceSamples(reader, workspace, query, query.metric.value);
  if (query.metric.of === 'spans') return spanSamples(reader, workspace, query, query.metric.value);
  return assessmentSamples(reader, workspace, query, query.metric.value);
}

async function* traceSamples(
  reader: SqlReader,
  workspace: string,
  query: TraceMetricQuery,
  value: Extract<TraceMetric, { of: 'traces' }>['value'],
): AsyncGenerator<Sample> {
  let after = 0;
  for (;;) {
    const rows = await reader
      .query<TraceTables>()
      .selectFrom('traces')
      .selectAll()
      .where(inScope(workspace, query, sql`traces.requested_at`))
      .where('number', '>', after)
      .orderBy('number')
      .limit(rowsPerRead)
      .execute();
    for (const row of rows) {
      const dimensions = query.dimensions.map((name) => (name === 'state' ? row.state : row.name));
      if (value === 'count') yield { at: row.requested_at, value: 1, dimensions };
      else if (value === 'sessions') yield { at: row.requested_at, value: row.session_id, dimensions };
      else if (value === 'duration') yield { at: row.requested_at, value: row.duration_ms, dimensions };
      else yield { at: row.requested_at, value: row[tokenColumns[value]], dimensions };
    }
    after = rows.at(-1)?.number ?? 0;
    if (rows.length < rowsPerRead) return;
    await pause();
  }
}

async function* spanSamples(
  reader: SqlReader,
  workspace: string,
  query: TraceMetricQuery,
  value: Extract<TraceMetric, { of: 'spans' }>['value'],
): AsyncGenerator<Sample> {
  const isCost = value !== 'count' && value !== 'duration';
  const time = isCost ? sql`(spans.started_us / 1000)` : sql`traces.requested_at`;
  let last: { trace: number; span_id: string } | undefined;
  for (;;) {
    const rows = await reader
      .query<SpanTables & TraceTables>()
      .selectFrom('spans')
      .innerJoin('traces', 'traces.number', 'spans.trace')
      .select(['spans.trace', 'span_id', 'spans.name', 'type', 'status', 'model', 'provider', 'usage'])
      .select(['started_us', 'ended_us', 'traces.requested_at'])
      .where(inScope(workspace, query, time))
      .where(ownConditions('spans', query))
      .where(
        last === undefined
          ? sql<boolean>`1 = 1`
          : sql<boolean>`(spans.trace, span_id) > (${last.trace}, ${last.span_id})`,
      )
      .orderBy('spans.trace')
      .orderBy('span_id')
      .limit(rowsPerRead)
      .execute();
    for (const row of rows) {
      const dimensions = query.dimensions.map((name) => {
        if (name === 'state') return row.status;
        return name === 'value' ? null : row[name];
      });
      const duration = row.ended_us === null ? null : Math.floor((row.ended_us - row.started_us) / 1000);
      const usage = row.usage === null ? undefined : (JSON.parse(row.usage) as SpanUsage);
      if (value === 'count') yield { at: row.requested_at, value: 1, dimensions };
      else if (value === 'duration') yield { at: row.requested_at, value: duration, dimensions };
      else yield { at: Math.floor(row.started_us / 1000), value: usage?.cost?.[value] ?? null, dimensions };
    }
    last = rows.at(-1);
    if (rows.length < rowsPerRead) return;
    await pause();
  }
}

async function* assessmentSamples(
  reader: SqlReader,
  workspace: string,
  query: TraceMetricQuery,
  value: 'count' | 'value',
): AsyncGenerator<Sample> {
  let last: { trace: number; id: string } | undefined;
  for (;;) {
    const rows = await reader
      .query<AssessmentTables & TraceTables>()
      .selectFrom('trace_assessments')
      .innerJoin('traces', 'traces.number', 'trace_assessments.trace')
      .select(['trace_assessments.trace', 'trace_assessments.id', 'trace_assessments.name', 'value'])
      .select('traces.requested_at')
      .where(inScope(workspace, query, sql`traces.requested_at`))
      .where(ownConditions('trace_assessments', query))
      .where('valid', '=', 1)
      .where(
        last === undefined
          ? sql<boolean>`1 = 1`
          : sql<boolean>`(trace_assessments.trace, trace_assessments.id) > (${last.trace}, ${last.id})`,
      )
      .orderBy('trace_assessments.trace')
      .orderBy('trace_assessments.id')
      .limit(rowsPerRead)
      .execute();
    for (const row of rows) {
      const dimensions = query.dimensions.map((name) => (name === 'value' ? row.value : row.name));
      yield { at: row.requested_at, value: value === 'count' ? 1 : amountOf(row.value), dimensions };
    }
    last = rows.at(-1);
    if (rows.length < rowsPerRead) return;
    await pause();
  }
}

const amountsOfWords = new Map([
  ['yes', 1],
  ['no', 0],
]);

/** A judgement as a number: yes and true are 1, no and false are 0. */
function amountOf(json: string): number | null {
  const value: unknown = JSON.parse(json);
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return null;
  return amountsOfWords.get(value.toLowerCase()) ?? null;
}

function inScope(workspace: string, query: TraceMetricQuery, time: RawBuilder<unknown>): RawBuilder<SqlBool> {
  return all([
    sql<SqlBool>`traces.workspace = ${workspace}`,
    sql<SqlBool>`traces.experiment_id in (${sql.join(query.experiments)})`,
    ...(query.from === undefined ? [] : [sql<SqlBool>`${time} >= ${query.from}`]),
    ...(query.until === undefined ? [] : [sql<SqlBool>`${time} <= ${query.until}`]),
    ...traceConditionsSql(query.conditions),
  ]);
}

function ownConditions(table: string, query: TraceMetricQuery): RawBuilder<SqlBool> {
  return all(
    query.ownConditions.map(({ column, value }) => sql<SqlBool>`${sql.ref(`${table}.${column}`)} = ${value}`),
  );
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
