import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { JsonFields } from '../storage/sql/json-fields.ts';
import type { RowSource } from '../storage/sql/row-source.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';

/** Series, step, time, value (0 for NaN), and whether the value is NaN: a row of `metric_points`. */
export type PointRow = readonly [series: number, step: number, at: number, value: number, isNan: number];

/**
 * In place of whether the value is NaN, in a series whose points are all gone. It stays, with a step that every point is later
 * than, because its number may be known to those who write; whoever reads series passes over it.
 */
export const noPoint = 2;

/** What the parts of an entry are called in its JSON. */
export interface EntryKeys {
  readonly name: string;
  readonly value: string;
  readonly at: string;
  readonly step: string;
}

/** The fields of points that are printed as a list; their rows have the name of the metric as well. */
export function pointFields(keys: EntryKeys): JsonFields {
  return {
    [keys.name]: 'name',
    [keys.value]: { number: 'value', isNan: sql<SqlBool>`is_nan = 1` },
    [keys.at]: { whole: 'at' },
    [keys.step]: { whole: 'step' },
  };
}

const pointColumns = {
  series_id: 'bigint',
  step: 'bigint',
  at: 'bigint',
  value: 'double precision',
  is_nan: 'bigint',
} as const;

/** A point that is there already (same step, time and value) is not stored again. */
export async function insertPoints(tx: SqlTransaction, points: readonly PointRow[]): Promise<void> {
  await tx.forEachRow(pointColumns, points, (source) => insertStatement(source, () => sql`true`));
}

/** As `insertPoints`; points of a series that was removed meanwhile go with it. */
export async function insertPointsOfSeries(tx: SqlTransaction, points: readonly PointRow[]): Promise<void> {
  await tx.forEachRow(pointColumns, points, (source) =>
    insertStatement(
      source,
      (series) => sql`exists (select 1 from metric_series where metric_series.id = ${series})`,
    ),
  );
}

function insertStatement(
  { value, from }: RowSource,
  conditionOn: (series: RawBuilder<unknown>) => RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`
    insert into metric_points (series_id, step, at, value, is_nan)
    select ${value('series_id')}, ${value('step')}, ${value('at')}, ${value('value')}, ${value('is_nan')} ${from}
    where ${conditionOn(value('series_id'))}
    on conflict (series_id, step, at, value, is_nan) do nothing`;
}

/** The order of the index: by series, step, time, value, numbers before NaN among zeros. */
export function comparePoints(a: PointRow, b: PointRow): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || compareValues(a[3], b[3]) || a[4] - b[4];
}

// Infinity minus infinity is no number.
function compareValues(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** `isLater` of rows of one series: by step, then time, then value; NaN is lowest. */
export function isLaterRow(next: PointRow, current: PointRow): boolean {
  if (next[1] !== current[1]) return next[1] > current[1];
  if (next[2] !== current[2]) return next[2] > current[2];
  if (next[4] === 1) return false;
  return current[4] === 1 || next[3] > current[3];
}
