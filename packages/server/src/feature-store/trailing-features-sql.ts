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

/** SQL that makes the temporary table of a view's facts: keys `k0…`, `known` (ms), and the columns its features read. */
export function factsSql(view: NamedView, from: string, table: string): string {
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
  return `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT * FROM (SELECT ${select.join(', ')} FROM ${from}${where}) WHERE known IS NOT NULL`;
}

/**
 * SQL that makes the running totals of a view's facts, and the shifts of its values in `<table>_shifts`. Values are shifted
 * first, so that the difference of two large totals keeps its digits; by the value known first, because a mean would let
 * the future reach the past's last bit. Counts are doubles too: exact up to 2^53, and summed up without 128-bit integers.
 */
export function totalsSql(view: NamedView, facts: string, table: string): readonly string[] {
  const keys = keyColumns(view.body).join(', ');
  const folded = ['CAST(count(*) AS DOUBLE) AS n'];
  const totals = ['n'];
  const shifts: string[] = [];
  for (const [index, column] of factColumns(view.body).entries()) {
    const first = `SELECT v${index} FROM ${facts} WHERE v${index} IS NOT NULL ORDER BY known, v${index} LIMIT 1`;
    shifts.push(`coalesce((${first}), 0) AS shift${index}`);
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
  return [
    `CREATE OR REPLACE TEMP TABLE ${table}_shifts AS SELECT ${['0 AS none', ...shifts].join(', ')}`,
    `CREATE OR REPLACE TEMP TABLE ${table} AS
      SELECT ${keys}, known, ${running.join(', ')}
      FROM (SELECT ${keys}, known, ${folded.join(', ')} FROM ${facts}, ${table}_shifts GROUP BY ${keys}, known)
      WINDOW upto AS (PARTITION BY ${keys} ORDER BY known ROWS UNBOUNDED PRECEDING)`,
  ];
}

export interface FeatureUse {
  readonly view: NamedView;
  /** Spine columns that hold the keys, in the order of the view's keys. */
  readonly keyColumns: readonly string[];
  readonly prefix: string;
  readonly features: readonly Feature[];
  readonly facts: string;
  readonly totals: string;
}

/** SQL that makes one row of features per spine row (`row_id`, `event_time` in ms). */
export function featuresSql(use: FeatureUse, spine: string, table: string): string {
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
  return `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT spine.row_id, ${select.join(', ')} FROM ${spine} AS spine ${joins.join(' ')}, ${use.totals}_shifts AS shifts`;
}

/** SQL of the online values of a view at one moment: one row per key that has facts in any window. */
export function onlineSql(view: NamedView, facts: string, at: number): string {
  const columns = factColumns(view.body);
  const widest = Math.max(...view.body.features.map((feature) => windowOf(view.name, feature)));
  const select = view.body.features.map((feature) => {
    const inWindow = `FILTER (WHERE known > ${at - windowOf(view.name, feature)})`;
    const value = feature.column === undefined ? '' : `v${columns.indexOf(feature.column)}`;
    return `CAST(${onlineAggregate(feature, value, inWindow)} AS DOUBLE) AS ${quoteIdentifier(feature.name)}`;
  });
  const keys = keyColumns(view.body).join(', ');
  return `SELECT ${keys}, ${select.join(', ')} FROM ${facts} WHERE known <= ${at} AND known > ${at - widest} GROUP BY ${keys} ORDER BY ${keys}`;
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
