import type { TraceAttribute } from '@esteira/contracts';
import { type SqlBool, sql } from 'kysely';
import { esteiraError } from '../../kernel/errors.ts';
import { compileLike, compilePattern, PatternRefused } from '../../kernel/linear-pattern.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { plainValue } from './span.ts';
import { decodeSpanBody } from './span-body.ts';
import type { SpanTables } from './span-store.ts';
import { metadataKeys } from './trace.ts';
import { isOfSpans, isTriedHere, type TraceCondition } from './trace-condition.ts';
import { all, spanConditionsSql } from './trace-condition-sql.ts';
import type { TraceRow, TraceTables } from './trace-store.ts';

/** Keeps those of some traces that satisfy the conditions no engine answers alike. */
export type TraceTrial = (reader: SqlReader, rows: readonly TraceRow[]) => Promise<readonly TraceRow[]>;

type Test = (value: string | undefined) => boolean;

interface Tried {
  readonly condition: TraceCondition;
  readonly test: Test;
}

/** Undefined when there is nothing to try. Throws TRACE_FILTER_INVALID for a pattern that cannot be used. */
export function createTraceTrial(conditions: readonly TraceCondition[]): TraceTrial | undefined {
  const tried = conditions.filter(isTriedHere).map((condition) => ({ condition, test: compile(condition) }));
  if (tried.length === 0) return undefined;
  const ofSpans = tried.filter(({ condition }) => isOfSpans(condition));
  const ofTraces = tried.filter(({ condition }) => !isOfSpans(condition));
  return async (reader, rows) => {
    let kept = rows;
    for (const each of ofTraces) {
      const satisfied = await tracesSatisfying(reader, kept, each);
      kept = kept.filter(({ number }) => satisfied.has(number));
    }
    if (ofSpans.length === 0 || kept.length === 0) return kept;
    const satisfied = await tracesWithSpan(reader, kept, conditions, ofSpans);
    return kept.filter(({ number }) => satisfied.has(number));
  };
}

function compile({ operator, value }: TraceCondition): Test {
  const matcher = matcherOf(operator, value);
  // What is not there satisfies nothing, not even that it is not something.
  return (text) => text !== undefined && matcher(text);
}

function matcherOf(
  operator: TraceCondition['operator'],
  value: TraceCondition['value'],
): (text: string) => boolean {
  try {
    if (operator === 'rlike') return compilePattern(String(value));
    if (operator === 'like' || operator === 'ilike') return compileLike(String(value), operator === 'ilike');
  } catch (error) {
    if (!(error instanceof PatternRefused)) throw error;
    throw esteiraError(
      'TRACE_FILTER_INVALID',
      { problem: `the pattern "${value}": ${error.message}` },
      error,
    );
  }
  const values = Array.isArray(value) ? (value as readonly string[]) : [String(value)];
  if (operator === '=' || operator === 'in') return (text) => values.includes(text);
  return (text) => !values.includes(text);
}

async function tracesSatisfying(
  reader: SqlReader,
  rows: readonly TraceRow[],
  { condition: { field }, test }: Tried,
): Promise<ReadonlySet<number>> {
  if (field.kind === 'attribute') {
    return new Set(rows.filter((row) => test(attributeText(row, field.name))).map(({ number }) => number));
  }
  const numbers = rows.map(({ number }) => number);
  if (numbers.length === 0) return new Set();
  if (field.kind === 'feedback' || field.kind === 'expectation') {
    const assessments = await reader
      .query<{
        trace_assessments: { trace: number; kind: string; name: string; valid: number; value: string };
      }>()
      .selectFrom('trace_assessments')
      .select(['trace', 'value'])
      .where('trace', 'in', numbers)
      .where('kind', '=', field.kind)
      .where('name', '=', field.name)
      .where('valid', '=', 1)
      .execute();
    return new Set(assessments.filter(({ value }) => test(value)).map(({ trace }) => trace));
  }
  const entries = await reader
    .query<TraceTables>()
    .selectFrom(field.kind === 'tag' ? 'trace_tags' : 'trace_metadata')
    .select(['trace', 'value'])
    .where('trace', 'in', numbers)
    .where('name', '=', field.kind === 'run' ? metadataKeys.run : 'name' in field ? field.name : '')
    .execute();
  return new Set(entries.filter(({ value }) => test(value)).map(({ trace }) => trace));
}

function attributeText(row: TraceRow, name: TraceAttribute): string | undefined {
  if (name === 'id') return row.id;
  if (name === 'state') return row.state;
  if (name === 'name') return row.name ?? undefined;
  if (name === 'clientRequestId') return row.client_request_id ?? undefined;
  return name === 'experiment' ? row.experiment_id : undefined;
}

const spansPerRead = 500;

/** One span of the trace satisfies all conditions over spans, those that SQL answers and those tried here. */
async function tracesWithSpan(
  reader: SqlReader,
  rows: readonly TraceRow[],
  conditions: readonly TraceCondition[],
  tried: readonly Tried[],
): Promise<ReadonlySet<number>> {
  const satisfied = new Set<number>();
  const numbers = rows.map(({ number }) => number);
  const inSql = all(spanConditionsSql(conditions));
  let last: { trace: number; span_id: string } | undefined;
  for (;;) {
    const left = numbers.filter((number) => !satisfied.has(number) && number >= (last?.trace ?? 0));
    if (left.length === 0) return satisfied;
    let query = reader
      .query<SpanTables>()
      .selectFrom('spans')
      .selectAll()
      .where('trace', 'in', left)
      .where(inSql);
    if (last !== undefined)
      query = query.where(sql<SqlBool>`(trace, span_id) > (${last.trace}, ${last.span_id})`);
    const spans = await query.orderBy('trace').orderBy('span_id').limit(spansPerRead).execute();
    for (const span of spans)
      if (tried.every(({ condition, test }) => spanTexts(span, condition).some(test)))
        satisfied.add(span.trace);
    last = spans.at(-1);
    if (spans.length < spansPerRead) return satisfied;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What of a span a condition looks at: the value of an attribute also as the JSON of it. */
function spanTexts(span: SpanTables['spans'], { field }: TraceCondition): readonly string[] {
  if (field.kind === 'span') {
    const text = field.name === 'content' ? span.body : span[field.name];
    return text === null ? [] : [text];
  }
  if (field.kind !== 'span-attribute') return [];
  const { attributes } = decodeSpanBody(span.body);
  const value = attributes.findLast(([key]) => key === field.name)?.[1];
  if (value === undefined) return [];
  const plain = plainValue(value);
  return [typeof plain === 'string' ? plain : JSON.stringify(plain)];
}
