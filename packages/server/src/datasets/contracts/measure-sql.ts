import { quoteIdentifier } from '../../storage/tables/table-engine.ts';
import type { Column } from '../column.ts';
import type { Check, Measure, RowRule } from './contract-rules.ts';
import { failingRowsSql, numberOf, storesType } from './row-rule-sql.ts';

/** The view that stands for the table being validated; `{object}` in queries. */
export const validatedView = 'validated_rows';

export type Columns = ReadonlyMap<string, Column>;

/** SQL of one value per check, to stand beside others in a single SELECT over the view. */
export function measureSql(measure: Measure, columns: Columns): string {
  switch (measure.kind) {
    case 'column-missing':
      return columns.has(measure.column) ? '0' : '1';
    case 'unexpected-columns':
      return String(unexpectedColumns(measure.columns, columns).length);
    case 'failing-rows':
      return failingCountSql(measure.rule, columns);
    case 'duplicates': {
      const { keys, present } = keysOf(measure.columns);
      // The grouped pass of its own that only uniqueness needs.
      return `(SELECT coalesce(sum(copies - 1), 0) FROM (
        SELECT count(*) AS copies FROM ${validatedView} WHERE ${present} GROUP BY ${keys} HAVING count(*) > 1))`;
    }
    case 'row-count':
      return 'count(*)';
    case 'statistic':
      return statisticSql(measure, columns);
    case 'query':
      return `CAST((\n${tableQuery(measure.query)}\n) AS DOUBLE)`;
    case 'psi':
      throw new Error('The stability index is not one value of SQL.');
  }
}

/** A query of a contract with the view in the place of `{object}`. */
export function tableQuery(query: string): string {
  return query.replace(/\$?\{(object|table)\}/g, validatedView);
}

export function unexpectedColumns(expected: readonly string[], columns: Columns): readonly string[] {
  return [...columns.keys()].filter((name) => !expected.includes(name));
}

/** Columns that a check names; those of conditions and queries are known to the engine alone. */
export function columnsOf(check: Check): readonly string[] {
  const { measure } = check;
  if (measure.kind === 'duplicates') return measure.columns;
  if (measure.kind === 'statistic' || measure.kind === 'psi') return [measure.column];
  if (measure.kind !== 'failing-rows' || measure.rule.kind === 'expression') return [];
  return [measure.rule.column];
}

/** SQL that is true for the rows a check counts; undefined when it does not count rows. */
export function rowConditionSql(measure: Measure, columns: Columns): string | undefined {
  if (measure.kind === 'failing-rows') return failingRowsSql(measure.rule, columnOf(measure.rule, columns));
  if (measure.kind !== 'duplicates') return undefined;
  const { keys, present } = keysOf(measure.columns);
  const key = measure.columns.length === 1 ? keys : `row(${keys})`;
  return `(${present}) AND ${key} IN (
    SELECT ${key} FROM ${validatedView} WHERE ${present} GROUP BY ${keys} HAVING count(*) > 1)`;
}

function failingCountSql(rule: RowRule, columns: Columns): string {
  const column = columnOf(rule, columns);
  const count = `count(*) FILTER (WHERE ${failingRowsSql(rule, column)})`;
  if (rule.kind !== 'type' || column === undefined || storesType(rule.logicalType, column)) return count;
  // A column of another type is wrong as a whole, even when every one of its texts could be read.
  return `CASE WHEN ${count} > 0 THEN ${count} ELSE count(${quoteIdentifier(column.name)}) END`;
}

function columnOf(rule: RowRule, columns: Columns): Column | undefined {
  return rule.kind === 'expression' ? undefined : columns.get(rule.column);
}

// A row whose keys are all null is missing data, not a duplicate.
function keysOf(columns: readonly string[]): { keys: string; present: string } {
  const names = columns.map(quoteIdentifier);
  return { keys: names.join(', '), present: names.map((name) => `${name} IS NOT NULL`).join(' OR ') };
}

function statisticSql(measure: Extract<Measure, { kind: 'statistic' }>, columns: Columns): string {
  const column = columns.get(measure.column);
  if (column === undefined) throw new Error(`There is no column ${measure.column}.`);
  const value = `CAST(${numberOf(column)} AS DOUBLE)`;
  switch (measure.statistic) {
    case 'mean':
      return `avg(${value})`;
    case 'stddev':
      return `stddev_samp(${value})`;
    case 'min':
      return `min(${value})`;
    case 'max':
      return `max(${value})`;
    case 'sum':
      return `sum(${value})`;
    case 'quantile':
      return `quantile_cont(${value}, ${measure.probability ?? 0.5})`;
    case 'distinctValues':
      return `count(DISTINCT ${quoteIdentifier(column.name)})`;
  }
}
