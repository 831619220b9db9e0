import type { Feature, FeatureView } from '@esteira/contracts';
import { parseDuration } from '../kernel/duration.ts';
import { esteiraError } from '../kernel/errors.ts';
import { quoteIdentifier } from '../storage/tables/table-engine.ts';

/*
 * Trailing windows, point in time. For every view the facts are folded into one row per key and moment of becoming
 * known, then summed up along time: `totals`. A window that ends at t is the total at t less the total at t - window,
 * two as-of joins, whatever the number of aggregates. Only what was known at t can reach it, because totals are kept by
 * the moment of becoming known, not by the row's own time. Least, largest and last are not differences of totals: they
 * have their own plans.
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
 * SQL that makes the table of one row with the number of facts (`facts`) and what each column is shifted by. Values are
 * shifted before they are summed up, so that the difference of two large totals keeps its digits; by the value known first,
 * because a mean would let the future reach the past's last bit.
 */
export function shiftsSql(view: NamedView, facts: string, table: string): string {
  const shifts = factColumns(view.body).map((_column, index) => {
    const first = `min({ known: known, v: v${index} }) FILTER (WHERE v${index} IS NOT NULL)`;
    return `coalesce((${first}).v, 0) AS shift${index}`;
  });
  return `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT ${['count(*) AS facts', ...shifts].join(', ')} FROM (${facts})`;
}

/** SQL that makes the table of the facts of one share of the keys. */
export function factsSql(view: NamedView, facts: string, share: KeyShare, table: string): string {
  return `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT * FROM (${facts})${whereInShare(keyColumns(view.body), share)}`;
}

/**
 * SQL that makes the running totals of facts. Counts are doubles too: exact up to 2^53, and summed up without 128-bit
 * integers.
 */
export function totalsSql(view: NamedView, tables: { facts: string; shifts: string }, table: string): string {
  const keys = keyColumns(view.body).join(', ');
  const folded = ['CAST(count(*) AS DOUBLE) AS n'];
  const totals = ['n'];
  for (const [index, column] of factColumns(view.body).entries()) {
    const aggregates = view.body.features
      .filter((feature) => feature.column === column)
      .map((feature) => feature.aggregate);
    const shifted = `(v${index} - shift${index})`;
    folded.push(`CAST(count(v${index}) AS DOUBLE) AS c${index}`, `coalesce(sum(${shifted}), 0) AS s${index}`);
    totals.push(`c${index}`, `s${index}`);
    if (!aggregates.includes('stddev')) continue;
    folded.push(`coalesce(sum(${shifted} * ${shifted}), 0) AS q${index}`);
    totals.push(`q${index}`);
  }
  const running = totals.map((name) => `sum(${name}) OVER upto AS ${name}`);
  return `CREATE OR REPLACE TEMP TABLE ${table} AS
      SELECT ${keys}, known, ${running.join(', ')}
      FROM (SELECT ${keys}, known, ${folded.join(', ')} FROM ${tables.facts}, ${tables.shifts} GROUP BY ${keys}, known)
      WINDOW upto AS (PARTITION BY ${keys} ORDER BY known ROWS UNBOUNDED PRECEDING)`;
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
}

/** SQL of one row of features per row of the spine (`row_id`, `event_time` in ms) whose keys are in the share. */
export function featuresSql(use: FeatureUse, spine: string, share: KeyShare): string {
  const { body } = use.view;
  const columns = factColumns(body);
  const windows = [
    ...new Set(use.features.filter(isDifference).map((feature) => windowOf(use.view.name, feature))),
  ];
  const on = (side: string, moment: string): string => {
    const keys =
      use.keyColumns.length > 0
        ? use.keyColumns.map((key, index) => `spine.${key} = ${side}.k${index}`)
        : [`${side}.k0 = ''`];
    return [...keys, `${moment} >= ${side}.known`].join(' AND ');
  };
  const joins: string[] = [];
  if (windows.length > 0)
    joins.push(`ASOF LEFT JOIN ${use.totals} AS upto ON ${on('upto', 'spine.event_time')}`);
  for (const [index, window] of windows.entries()) {
    joins.push(
      `ASOF LEFT JOIN ${use.totals} AS before${index} ON ${on(`before${index}`, `spine.event_time - ${window}`)}`,
    );
  }
  const select = use.features.map((feature) => {
    const name = quoteIdentifier(`${use.prefix}_${feature.name}`);
    const window = windowOf(use.view.name, feature);
    const column = feature.column === undefined ? -1 : columns.indexOf(feature.column);
    if (isDifference(feature)) return `${differenceSql(feature, column, windows.indexOf(window))} AS ${name}`;
    return `${scanSql(use, feature, column, window)} AS ${name}`;
  });
  const rows = `(SELECT ${['row_id', 'event_time', ...use.keyColumns].join(', ')} FROM ${spine}${whereInShare(use.keyColumns, share)})`;
  return `SELECT spine.row_id, ${select.join(', ')} FROM ${rows} AS spine ${joins.join(' ')}, ${use.shifts} AS shifts`;
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

function differenceSql(feature: Feature, column: number, window: number): string {
  const within = (name: string): string =>
    `(coalesce(upto.${name}, 0) - coalesce(before${window}.${name}, 0))`;
  if (column < 0) return `CAST(${within('n')} AS DOUBLE)`;
  const count = within(`c${column}`);
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
