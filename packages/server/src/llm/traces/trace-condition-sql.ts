import type { TraceAttribute } from '@esteira/contracts';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { matchesPattern } from '../../storage/sql/matches-pattern.ts';
import { metadataKeys } from './trace.ts';
import { isOfSpans, isTriedHere, type TraceCondition } from './trace-condition.ts';

/** Conditions over the row `traces`, as far as every engine answers them alike. */
export function traceConditionsSql(conditions: readonly TraceCondition[]): readonly RawBuilder<SqlBool>[] {
  const ofTraces = conditions.filter((condition) => !isOfSpans(condition) && !isTriedHere(condition));
  const found = ofTraces.map(conditionSql);
  if (!conditions.some(isOfSpans)) return found;
  const ofSpan = spanConditionsSql(conditions);
  return [
    ...found,
    sql<SqlBool>`exists (select 1 from spans where spans.trace = traces.number and ${all(ofSpan)})`,
  ];
}

/** Conditions over the row `spans`: of those that are tried elsewhere, what must hold for them to be able to. */
export function spanConditionsSql(conditions: readonly TraceCondition[]): readonly RawBuilder<SqlBool>[] {
  return conditions.filter(isOfSpans).flatMap((condition) => {
    const { field } = condition;
    if (field.kind === 'span-attribute') return [mentions(field.name)];
    if (isTriedHere(condition) || field.kind !== 'span') return [];
    const column = field.name === 'content' ? sql.ref('spans.body') : sql.ref(`spans.${field.name}`);
    return [comparison(column, condition)];
  });
}

/** The text of a span holds the key as JSON writes it. */
function mentions(key: string): RawBuilder<SqlBool> {
  const written = JSON.stringify(key).replace(/[\\%_]/g, (character) => `\\${character}`);
  return sql<SqlBool>`spans.body like ${`%${written}%`} escape '\\'`;
}

function conditionSql(condition: TraceCondition): RawBuilder<SqlBool> {
  const { field, operator, value } = condition;
  switch (field.kind) {
    case 'attribute':
      return attributeCondition(field.name, condition);
    case 'tag':
      return entryCondition('trace_tags', field.name, condition);
    case 'metadata':
      return entryCondition('trace_metadata', field.name, condition);
    case 'run':
      if (operator !== '=') return entryCondition('trace_metadata', metadataKeys.run, condition);
      return sql<SqlBool>`(exists (select 1 from trace_runs where trace = traces.number and run_id = ${value})
        or exists (select 1 from early_trace_links as early
          where early.run_id = ${value} and early.trace_id = traces.id and early.workspace = traces.workspace)
        or ${entryCondition('trace_metadata', metadataKeys.run, condition)})`;
    case 'prompt':
      return sql<SqlBool>`exists (select 1 from trace_prompts where trace = traces.number and prompt = ${value})`;
    case 'issue':
      return sql<SqlBool>`exists (select 1 from trace_assessments where trace = traces.number and kind = 'issue' and name = ${value})`;
    case 'feedback':
    case 'expectation':
      return assessmentCondition(field.kind, field.name, condition);
    default:
      throw new Error(`A condition over ${field.kind} is none of a trace.`);
  }
}

function attributeCondition(name: TraceAttribute, condition: TraceCondition): RawBuilder<SqlBool> {
  const column = attributeSql(name);
  if (condition.operator === 'is null') return sql<SqlBool>`${column} is null`;
  if (condition.operator === 'is not null') return sql<SqlBool>`${column} is not null`;
  return comparison(column, condition);
}

export function attributeSql(name: TraceAttribute): RawBuilder<unknown> {
  if (name === 'endedAt') return sql`(traces.requested_at + coalesce(traces.duration_ms, 0))`;
  return sql.ref(`traces.${attributeColumns[name]}`);
}

const attributeColumns = {
  id: 'id',
  experiment: 'experiment_id',
  requestedAt: 'requested_at',
  durationMs: 'duration_ms',
  state: 'state',
  name: 'name',
  clientRequestId: 'client_request_id',
} as const;

function entryCondition(
  table: 'trace_tags' | 'trace_metadata',
  name: string,
  condition: TraceCondition,
): RawBuilder<SqlBool> {
  const named = sql`select 1 from ${sql.table(table)} where trace = traces.number and name = ${name}`;
  if (condition.operator === 'is null') return sql<SqlBool>`not exists (${named})`;
  if (condition.operator === 'is not null') return sql<SqlBool>`exists (${named})`;
  return sql<SqlBool>`exists (${named} and ${comparison(sql.ref('value'), condition)})`;
}

/** Values are JSON: a text is compared with the JSON of it, and with what is JSON already (`true`, `5`). */
function assessmentCondition(kind: string, name: string, condition: TraceCondition): RawBuilder<SqlBool> {
  const { operator, value } = condition;
  const named = sql`select 1 from trace_assessments
    where trace = traces.number and kind = ${kind} and name = ${name} and valid = 1`;
  if (operator === 'is null') return sql<SqlBool>`not exists (${named})`;
  if (operator === 'is not null') return sql<SqlBool>`exists (${named})`;
  if (operator === '=' || operator === '!=') {
    const same = sql`value in (${String(value)}, ${JSON.stringify(String(value))})`;
    return sql<SqlBool>`exists (${named} and ${operator === '=' ? same : sql`not ${same}`})`;
  }
  const column = sql.ref(typeof value === 'number' ? 'number' : 'value');
  return sql<SqlBool>`exists (${named} and ${comparison(column, condition)})`;
}

function comparison(column: RawBuilder<unknown>, { operator, value }: TraceCondition): RawBuilder<SqlBool> {
  if (operator === 'in' || operator === 'not in')
    return sql<SqlBool>`${column} ${sql.raw(operator)} (${sql.join(value as readonly string[])})`;
  if (operator === 'like' || operator === 'ilike') return matchesPattern(column, operator, String(value));
  // A fraction is no value of a column of integers, but may be compared with one.
  const operand =
    typeof value === 'number' && !Number.isSafeInteger(value)
      ? sql`cast(${value} as double precision)`
      : sql`${value}`;
  return sql<SqlBool>`${column} ${sql.raw(operator)} ${operand}`;
}

export function all(conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  if (conditions.length === 0) return sql<SqlBool>`1 = 1`;
  return sql<SqlBool>`(${sql.join(conditions, sql` and `)})`;
}
