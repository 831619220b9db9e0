import type { Feature, FeatureView } from '@esteira/contracts';
import { parseDuration } from '../kernel/duration.ts';
import { esteiraError } from '../kernel/errors.ts';
import { quoteIdentifier } from '../storage/tables/table-engine.ts';

/*
 * Trailing windows, point in time. For every view the facts are summed up along the moments they became known: `totals`.
 * A window that ends at t is the total at t less the total at t - window; one as-of join finds the totals at all moments
 * that are asked about, whatever the number of windows and aggregates. Only what was known at t can reach it, because
 * totals are kept by the moment of becoming known, not by the row's own time. Least, largest and last are not differences
 * of totals: they have their own plans.
 */

export type ViewBody = Omit<FeatureView, 'name' | 'version' | 'digest' | 'createdAt'>;

export interface NamedView {
  readonly name: string;
  readonly body: ViewBody;
}

/** A span of moments of becoming known, in ms: after `after`, and not after `until`. */
export interface KnownSpan {
  readonly after: number;
  readonly until: number;
}

/** One of `count` shares of the keys, so that memory need hold the facts of one share at a time. */
export interface KeyShare {
  readonly number: number;
  readonly count: number;
}

/** SQL of a view's facts: keys `k0…`, `known` (ms), and the columns `v0…` its features read. */
export function factRowsSql(view: NamedView, from: string, span: KnownSpan): string {
  const { body } = view;
  const keys = keyNames(body).map((key, index) => `CAST((${body.keys[key]}) AS VARCHAR) AS k${index}`);
  const columns = factColumns(body).map((name, index) => {
    const expression = body.derive[name] ?? quoteIdentifier(name);
    return `CAST((${expression}) AS DOUBLE) AS v${index}`;
  });
  const select = [
    ...(keys.length > 0 ? keys : ["'' AS k0"]),
    `epoch_ms(CAST((${body.knownAt}) AS TIMESTAMP)) AS known`,
    ...columns,
  ];
  const where = body.where === undefined ? '' : ` WHERE (${body.where})`;
  return `SELECT * FROM (SELECT ${select.join(', ')} FROM ${from}${where}) WHERE known > ${span.after} AND known <= ${span.until}`;
}

/**
 * SQL that makes the table of one row with the number of facts (`facts`), what each column is shifted by, whether all
 * columns hold whole numbers whose sums doubles hold exactly (`whole`), and whether no fact lacks a value (`complete`).
 * Values are shifted before they are summed up, so
 * that the difference of two large totals keeps its digits; by the value known first, because a mean would let the future
 * reach the past's last bit.
 */
export function shiftsSql(view: NamedView, facts: string, table: string): string {
  const measures: string[] = [];
  const shifts: string[] = [];
  const whole: string[] = [];
  const complete: string[] = [];
  for (const [index, column] of factColumns(view.body).entries()) {
    const value = `v${index}`;
    const shift = `coalesce(first${index}.v, 0)`;
    measures.push(
      `min({ known: known, v: ${value} }) FILTER (WHERE ${value} IS NOT NULL) AS first${index}`,
      `count(${value}) AS count${index}`,
      `coalesce(bool_and(${value} = trunc(${value})), true) AS whole${index}`,
      `coalesce(sum(abs(${value})), 0) AS sum${index}`,
      `coalesce(sum(${value} * ${value}), 0) AS squares${index}`,
    );
    shifts.push(`${shift} AS shift${index}`);
    // The largest that the sum of shifted values, or of their squares, can become; infinity and NaN are larger than any limit.
    const largest = needsSquares(view.body, column)
      ? `2 * (squares${index} + facts * ${shift} * ${shift})`
      : `sum${index} + facts * abs(${shift})`;
    whole.push(`whole${index} AND ${largest} < ${2 ** 53}`);
    complete.push(`count${index} = facts`);
  }
  const all = (conditions: readonly string[]): string => conditions.join(' AND ') || 'true';
  const select = ['facts', ...shifts, `${all(whole)} AS whole`, `${all(complete)} AS complete`];
  return `CREATE OR REPLACE TEMP TABLE ${table} AS
      SELECT ${select.join(', ')}
      FROM (SELECT ${['count(*) AS facts', ...measures].join(', ')} FROM (${facts}))`;
}

/** SQL that makes the table of the facts of one share of the keys. */
export function factsSql(view: NamedView, facts: string, share: KeyShare, table: string): string {
  return `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT * FROM (${facts})${whereInShare(keyColumns(view.body), share)}`;
}

/**
 * SQL that makes the running totals of facts. Counts are doubles too: exact up to 2^53, and summed up without 128-bit
 * integers. Where all columns are `whole`, sums are exact in any order, so that one pass over the sorted facts carries
 * them on from key to key, at a third of the work; otherwise each key has sums of its own, whose digits and whose past the
 * facts of other keys cannot touch.
 */
export function totalsSql(
  view: NamedView,
  tables: { facts: string; shifts: string },
  table: string,
  known: KnownOfValues = {},
): string {
  const addends = addendsOf(view.body, known.complete === true);
  const select =
    known.whole === true ? wholeTotals(view.body, tables, addends) : keyTotals(view.body, tables, addends);
  return `CREATE OR REPLACE TEMP TABLE ${table} AS ${select}`;
}

function keyTotals(
  body: ViewBody,
  tables: { facts: string; shifts: string },
  addends: readonly Addend[],
): string {
  const keys = keyColumns(body).join(', ');
  const folded = addends.map(({ name, value }) =>
    value === undefined ? `CAST(count(*) AS DOUBLE) AS ${name}` : `sum(${value}) AS ${name}`,
  );
  const running = addends.map(({ name }) => `sum(${name}) OVER upto AS ${name}`);
  return `SELECT ${keys}, known, ${running.join(', ')}
      FROM (SELECT ${keys}, known, ${folded.join(', ')} FROM ${tables.facts}, ${tables.shifts} GROUP BY ${keys}, known)
      WINDOW upto AS (PARTITION BY ${keys} ORDER BY known ROWS UNBOUNDED PRECEDING)`;
}

// A window without partition and order is streamed: nothing is held but the sums so far.
function wholeTotals(
  body: ViewBody,
  tables: { facts: string; shifts: string },
  addends: readonly Addend[],
): string {
  const keys = keyColumns(body);
  const columns = addends.flatMap(({ name, value }) => (value === undefined ? [] : [`${value} AS ${name}`]));
  const running = addends.map(({ name, value }) =>
    value === undefined
      ? `CAST(row_number() OVER () AS DOUBLE) AS ${name}`
      : `sum(${name}) OVER (ROWS UNBOUNDED PRECEDING) AS ${name}`,
  );
  const isSame = [...keys, 'known'].map((name) => `next_${name} IS NOT DISTINCT FROM ${name}`).join(' AND ');
  const next = [...keys, 'known'].map((name) => `lead(${name}) OVER () AS next_${name}`);
  const zeros = addends.flatMap(({ name, value }) => (value === undefined ? [] : [`0 AS ${name}`]));
  // A row before the first fact of each key holds the sums of the keys before it, which every difference takes away again.
  return `SELECT ${[...keys, 'known', ...addends.map(({ name }) => name)].join(', ')} FROM (
      SELECT ${[...keys, 'known', ...running, ...next].join(', ')} FROM (
        SELECT ${[...keys, 'known', ...columns].join(', ')} FROM ${tables.facts}, ${tables.shifts}
        UNION ALL SELECT DISTINCT ${[...keys, `${beforeAll} AS known`, ...zeros].join(', ')} FROM ${tables.facts}
        ORDER BY ${[...keys, 'known'].join(', ')}))
      WHERE NOT (${isSame})`;
}

const beforeAll = '(-9223372036854775808)::BIGINT';

/** What is summed up of each fact; the one without a value counts facts. */
interface Addend {
  readonly name: string;
  readonly value?: string;
}

/** Where every fact has every value, their counts are that of the facts. */
function addendsOf(body: ViewBody, complete: boolean): readonly Addend[] {
  const addends: Addend[] = [{ name: 'n' }];
  for (const [index, column] of factColumns(body).entries()) {
    const shifted = `(v${index} - shift${index})`;
    if (!complete) addends.push({ name: `c${index}`, value: `CAST(v${index} IS NOT NULL AS DOUBLE)` });
    addends.push({ name: `s${index}`, value: `coalesce(${shifted}, 0)` });
    if (needsSquares(body, column))
      addends.push({ name: `q${index}`, value: `coalesce(${shifted} * ${shifted}, 0)` });
  }
  return addends;
}

/** What is known of all values of a view, from its shifts; nothing unless told. */
export interface KnownOfValues {
  readonly whole?: boolean;
  readonly complete?: boolean;
}

export interface FeatureUse {
  readonly view: NamedView;
  /** Spine columns that hold the keys, in the order of the view's keys. */
  readonly keyColumns: readonly string[];
  readonly prefix: string;
  readonly features: readonly Feature[];
  /** Tables of the share's facts and totals, and of the view's shifts. */
  readonly facts: string;
  readonly totals: string;
  readonly shifts: string;
  /** As the totals were made. */
  readonly known?: KnownOfValues;
}

/** SQL of one row of features per row of the spine (`row_id`, `event_time` in ms) whose keys are in the share. */
export function featuresSql(use: FeatureUse, spine: string, share: KeyShare): string {
  const columns = factColumns(use.view.body);
  const windows = [
    ...new Set(use.features.filter(isDifference).map((feature) => windowOf(use.view.name, feature))),
  ];
  const select = use.features.map((feature) => {
    const name = quoteIdentifier(`${use.prefix}_${feature.name}`);
    const window = windowOf(use.view.name, feature);
    const column = feature.column === undefined ? -1 : columns.indexOf(feature.column);
    if (isDifference(feature))
      return `${differenceSql(feature, column, windows.indexOf(window), use.known?.complete === true)} AS ${name}`;
    return `${scanSql(use, feature, column, window)} AS ${name}`;
  });
  const rows = `(SELECT ${['row_id', 'event_time', ...use.keyColumns].join(', ')} FROM ${spine}${whereInShare(use.keyColumns, share)})`;
  const from = windows.length === 0 ? rows : `(${totalsAtSql(use, rows, windows)})`;
  return `SELECT spine.row_id, ${select.join(', ')} FROM ${from} AS spine, ${use.shifts} AS shifts`;
}

/**
 * One row per row of the spine with the totals at its moment (`upto_n`, …) and before each of its windows (`before0_n`, …):
 * every moment asked about is a row of one as-of join, for which the totals need be sorted only once.
 */
function totalsAtSql(use: FeatureUse, rows: string, windows: readonly number[]): string {
  const moments = [0, ...windows].map((back, slot) => `(${slot}, ${back})`).join(', ');
  const keys =
    use.keyColumns.length > 0
      ? use.keyColumns.map((key, index) => `asked.${key} = totals.k${index}`)
      : [`totals.k0 = ''`];
  const names = addendsOf(use.view.body, use.known?.complete === true).map(({ name }) => name);
  const pivoted = [0, ...windows].flatMap((_back, slot) =>
    names.map((name) => {
      const side = slot === 0 ? 'upto' : `before${slot - 1}`;
      return `coalesce(any_value(totals.${name}) FILTER (WHERE slot = ${slot}), 0) AS ${side}_${name}`;
    }),
  );
  const scanned = use.features.every(isDifference) ? [] : ['event_time', ...use.keyColumns];
  const kept = scanned.map((name) => `any_value(asked.${name}) AS ${name}`);
  return `SELECT ${['row_id', ...kept, ...pivoted].join(', ')}
      FROM (SELECT *, event_time - back AS moment FROM ${rows}, (VALUES ${moments}) AS moments(slot, back)) AS asked
      ASOF LEFT JOIN ${use.totals} AS totals ON ${[...keys, 'asked.moment >= totals.known'].join(' AND ')}
      GROUP BY row_id`;
}

/** The widest window of a view in ms: facts older than that reach no row. */
export function widestWindow(view: NamedView): number {
  return Math.max(...view.body.features.map((feature) => windowOf(view.name, feature)));
}

/** SQL of the online values of a view at one moment: one row per key that has facts in any window. */
export function onlineSql(view: NamedView, from: string, at: number): string {
  const columns = factColumns(view.body);
  const facts = factRowsSql(view, from, { after: at - widestWindow(view), until: at });
  const select = view.body.features.map((feature) => {
    const inWindow = `FILTER (WHERE known > ${at - windowOf(view.name, feature)})`;
    const value = feature.column === undefined ? '' : `v${columns.indexOf(feature.column)}`;
    return `CAST(${onlineAggregate(feature, value, inWindow)} AS DOUBLE) AS ${quoteIdentifier(feature.name)}`;
  });
  const keys = keyColumns(view.body).join(', ');
  return `SELECT ${keys}, ${select.join(', ')} FROM (${facts}) GROUP BY ${keys} ORDER BY ${keys}`;
}

/** Names of the join keys in the order every statement uses. */
export function keyNames(body: Pick<ViewBody, 'keys'>): readonly string[] {
  return Object.keys(body.keys).sort();
}

/** Key columns of the temporary tables; a view without keys has the one empty key. */
export function keyColumns(body: Pick<ViewBody, 'keys'>): readonly string[] {
  const count = Math.max(1, keyNames(body).length);
  return Array.from({ length: count }, (_key, index) => `k${index}`);
}

function factColumns(body: ViewBody): readonly string[] {
  return [
    ...new Set(body.features.flatMap((feature) => (feature.column === undefined ? [] : [feature.column]))),
  ].sort();
}

function needsSquares(body: ViewBody, column: string): boolean {
  return body.features.some((feature) => feature.column === column && feature.aggregate === 'stddev');
}

function whereInShare(keys: readonly string[], share: KeyShare): string {
  return share.count === 1 ? '' : ` WHERE hash(${keys.join(', ')}) % ${share.count} = ${share.number}`;
}

function isDifference(feature: Feature): boolean {
  return (
    feature.aggregate === 'count' ||
    feature.aggregate === 'sum' ||
    feature.aggregate === 'mean' ||
    feature.aggregate === 'stddev'
  );
}

function differenceSql(feature: Feature, column: number, window: number, complete: boolean): string {
  const within = (name: string): string => `(upto_${name} - before${window}_${name})`;
  if (column < 0) return `CAST(${within('n')} AS DOUBLE)`;
  const count = within(complete ? 'n' : `c${column}`);
  const sum = within(`s${column}`);
  const shift = `shifts.shift${column}`;
  switch (feature.aggregate) {
    case 'count':
      return `CAST(${count} AS DOUBLE)`;
    case 'sum':
      return `CASE WHEN ${count} > 0 THEN ${sum} + ${shift} * ${count} END`;
    case 'mean':
      return `CASE WHEN ${count} > 0 THEN ${shift} + ${sum} / ${count} END`;
    default:
      // Sample standard deviation; rounding may push the variance of equal values a hair below zero.
      return `CASE WHEN ${count} > 1 THEN sqrt(greatest(0, (${within(`q${column}`)} - ${sum} * ${sum} / ${count}) / (${count} - 1))) END`;
  }
}

function scanSql(use: FeatureUse, feature: Feature, column: number, window: number): string {
  const keys =
    use.keyColumns.length > 0
      ? use.keyColumns.map((key, index) => `facts.k${index} = spine.${key}`)
      : [`facts.k0 = ''`];
  const where = [
    ...keys,
    'facts.known <= spine.event_time',
    `facts.known > spine.event_time - ${window}`,
    `facts.v${column} IS NOT NULL`,
  ];
  const aggregate =
    { min: `min(facts.v${column})`, max: `max(facts.v${column})` }[feature.aggregate as 'min' | 'max'] ??
    `arg_max(facts.v${column}, facts.known)`;
  return `(SELECT ${aggregate} FROM ${use.facts} AS facts WHERE ${where.join(' AND ')})`;
}

function onlineAggregate(feature: Feature, value: string, inWindow: string): string {
  switch (feature.aggregate) {
    case 'count':
      return `count(${value || '*'}) ${inWindow}`;
    case 'mean':
      return `avg(${value}) ${inWindow}`;
    case 'stddev':
      return `stddev_samp(${value}) ${inWindow}`;
    case 'last':
      return `arg_max(${value}, known) ${inWindow}`;
    default:
      return `${feature.aggregate}(${value}) ${inWindow}`;
  }
}

function windowOf(view: string, feature: Feature): number {
  const window = parseDuration(feature.window);
  if (window === undefined)
    throw esteiraError('FEATURE_DEFINITION_INVALID', {
      name: view,
      problem: `${feature.name}: ${feature.window} is no duration`,
    });
  return window;
}
