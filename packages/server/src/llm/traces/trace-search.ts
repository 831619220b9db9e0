import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { esteiraError } from '../../kernel/errors.ts';
import { type Page, pagesByKey } from '../../kernel/paging.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { metadataKeys } from './trace.ts';
import type { TraceCondition, TraceOrder } from './trace-condition.ts';
import { attributeSql, traceConditionsSql } from './trace-condition-sql.ts';
import type { TraceRow, TraceTables } from './trace-store.ts';
import { createTraceTrial } from './trace-trial.ts';

export interface TraceSearch {
  /** Ids of experiments; of the whole workspace unless given. */
  readonly experiments?: readonly string[] | undefined;
  readonly conditions: readonly TraceCondition[];
  /** Newest first unless given, and where the orders leave two alike. */
  readonly order: readonly TraceOrder[];
  readonly limit: number;
  readonly cursor?: string | undefined;
}

// How many are looked at in one go where engines cannot answer alone.
const triedAtOnce = 200;

/**
 * Traces by conditions, page after page. Where a condition is tried here, traces are read until a page is full or none is left.
 * Throws TRACE_FILTER_INVALID, INVALID_REQUEST for a cursor of another list.
 */
export async function searchTraces(
  reader: SqlReader,
  workspace: string,
  search: TraceSearch,
): Promise<Page<TraceRow>> {
  const { experiments } = search;
  const terms = orderTerms(search.order);
  const pages = pagesByKey('traces', ['string'], (row: OrderedRow) => [JSON.stringify(keyOf(row, terms))]);
  const [cursorKey] = pages.keyBehind(search.cursor) ?? [];
  const trial = createTraceTrial(search.conditions);
  const conditions = traceConditionsSql(search.conditions);
  const found: OrderedRow[] = [];
  let behind = cursorKey === undefined ? undefined : parseKey(cursorKey, terms);
  for (;;) {
    const limit = trial === undefined ? search.limit + 1 : triedAtOnce;
    const rows = await readRows(reader, workspace, { experiments, conditions, terms, behind, limit });
    found.push(...((trial === undefined ? rows : await trial(reader, rows)) as readonly OrderedRow[]));
    const last = rows.at(-1);
    if (found.length > search.limit || rows.length < limit || last === undefined) break;
    behind = keyOf(last, terms);
  }
  return pages.of(found, search.limit, toRow);
}

/** How many traces satisfy the conditions. */
export async function traceNumbersMatching(
  reader: SqlReader,
  workspace: string,
  search: Pick<TraceSearch, 'experiments' | 'conditions'>,
): Promise<ReadonlySet<number>> {
  const trial = createTraceTrial(search.conditions);
  const conditions = traceConditionsSql(search.conditions);
  const { experiments } = search;
  const terms = orderTerms([]);
  const numbers = new Set<number>();
  let behind: Key | undefined;
  for (;;) {
    const limit = trial === undefined ? 2000 : triedAtOnce;
    const rows = await readRows(reader, workspace, { experiments, conditions, terms, behind, limit });
    for (const { number } of trial === undefined ? rows : await trial(reader, rows)) numbers.add(number);
    const last = rows.at(-1);
    if (rows.length < limit || last === undefined) return numbers;
    behind = keyOf(last, terms);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A row with the values it was ordered by. */
type OrderedRow = TraceRow & Readonly<Record<string, unknown>>;

/** One part of an order. Traces without the value come last. */
interface Term {
  readonly value: RawBuilder<unknown>;
  readonly direction: 'asc' | 'desc';
  readonly canBeMissing: boolean;
  readonly type: 'number' | 'string';
  /** Of the value among the columns read. */
  readonly alias: string;
}

type Key = readonly (string | number | null)[];

function orderTerms(order: readonly TraceOrder[]): readonly Term[] {
  const asked = order.map(({ field, direction }, index): Term => {
    const canBeMissing =
      field.kind !== 'attribute' || ['durationMs', 'name', 'clientRequestId'].includes(field.name);
    const isNumber =
      field.kind === 'attribute' && ['requestedAt', 'durationMs', 'endedAt'].includes(field.name);
    const type = isNumber ? 'number' : 'string';
    return { value: orderValue(field), direction, canBeMissing, type, alias: `order_${index}` };
  });
  const tie = (name: 'requestedAt' | 'id', direction: 'asc' | 'desc'): Term => ({
    value: attributeSql(name),
    direction,
    canBeMissing: false,
    type: name === 'id' ? 'string' : 'number',
    alias: name === 'id' ? 'id' : 'requested_at',
  });
  return [...asked, tie('requestedAt', 'desc'), tie('id', 'asc')];
}

function orderValue(field: TraceOrder['field']): RawBuilder<unknown> {
  if (field.kind === 'attribute') return attributeSql(field.name);
  const table = sql.table(field.kind === 'tag' ? 'trace_tags' : 'trace_metadata');
  const name = field.kind === 'run' ? metadataKeys.run : field.name;
  return sql`(select value from ${table} where trace = traces.number and name = ${name})`;
}

/** Some of the traces that meet the conditions, as they stand behind a key in the order of the terms. */
interface Portion {
  readonly experiments: readonly string[] | undefined;
  readonly conditions: readonly RawBuilder<SqlBool>[];
  readonly terms: readonly Term[];
  readonly behind: Key | undefined;
  readonly limit: number;
}

async function readRows(
  reader: SqlReader,
  workspace: string,
  { experiments, conditions, terms, behind, limit }: Portion,
): Promise<readonly OrderedRow[]> {
  if (experiments?.length === 0) return [];
  let query = reader
    .query<TraceTables>()
    .selectFrom('traces')
    .selectAll()
    .select(terms.slice(0, -2).map(({ value, alias }) => value.as(alias)))
    .where('workspace', '=', workspace);
  if (experiments !== undefined) query = query.where('experiment_id', 'in', experiments);
  for (const condition of conditions) query = query.where(condition);
  if (behind !== undefined) query = query.where(behindTerms(terms, behind));
  for (const { value, direction, canBeMissing } of terms) {
    if (canBeMissing) query = query.orderBy(sql`case when ${value} is null then 1 else 0 end`);
    query = query.orderBy(sql`${value}`, direction);
  }
  return (await query.limit(limit).execute()) as unknown as readonly OrderedRow[];
}

/** Rows behind a key: equal in the first so many terms, and beyond in the next. */
function behindTerms(terms: readonly Term[], key: Key): RawBuilder<SqlBool> {
  const ways: RawBuilder<SqlBool>[] = [];
  const equal: RawBuilder<SqlBool>[] = [];
  for (const [index, { value, direction, canBeMissing }] of terms.entries()) {
    const at = key[index] ?? null;
    if (at !== null) {
      const beyond = direction === 'asc' ? sql<SqlBool>`${value} > ${at}` : sql<SqlBool>`${value} < ${at}`;
      const way = canBeMissing ? sql<SqlBool>`(${beyond} or ${value} is null)` : beyond;
      ways.push(sql<SqlBool>`(${sql.join([...equal, way], sql` and `)})`);
    }
    equal.push(at === null ? sql<SqlBool>`${value} is null` : sql<SqlBool>`${value} = ${at}`);
  }
  return sql<SqlBool>`(${sql.join(ways, sql` or `)})`;
}

function keyOf(row: OrderedRow, terms: readonly Term[]): Key {
  return terms.map(({ alias }) => {
    const value = row[alias];
    return typeof value === 'string' || typeof value === 'number' ? value : null;
  });
}

/** Throws INVALID_REQUEST for the cursor of another order. */
function parseKey(text: string, terms: readonly Term[]): Key {
  const key = parsed(text);
  const fits =
    Array.isArray(key) &&
    key.length === terms.length &&
    terms.every(({ type, canBeMissing }, index) =>
      key[index] === null ? canBeMissing : typeof key[index] === type,
    );
  if (!fits) throw esteiraError('INVALID_REQUEST', { problem: 'query.cursor: not a cursor of this list' });
  return key as Key;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toRow(row: OrderedRow): TraceRow {
  return row;
}
