import type { RunField } from '@esteira/contracts';
import { type RawBuilder, sql } from 'kysely';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { attributeSql, type RunSearch, runConditions } from '../run-search.ts';
import { entrySql } from './run-names.ts';

/** Runs that have one value of a field. */
export interface RunGroup {
  /** Null for the runs without one. */
  readonly value: string | null;
  readonly runs: number;
  /** Of the latest values that are numbers; NaN is left out. */
  readonly metrics: ReadonlyMap<string, Measure>;
}

interface Measure {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

interface Grouping {
  readonly by: RunField;
  /** Names of metrics. */
  readonly metrics: readonly string[];
  readonly limit: number;
}

const groupedAttributes: ReadonlySet<string> = new Set(['status', 'experiment', 'createdBy']);

/** Counts the runs that a search finds by the value of a field. The largest groups come first. Throws RUN_FILTER_INVALID. */
export async function groupRuns(
  reader: SqlReader,
  workspace: string,
  search: Omit<RunSearch, 'orders' | 'limit' | 'cursor'>,
  { by, metrics, limit }: Grouping,
): Promise<{ readonly groups: readonly RunGroup[]; readonly total: number }> {
  const found = sql`
    select runs.id, ${groupSql(by)} as value from runs
    where ${sql.join(runConditions(workspace, search), sql` and `)}`;
  const [{ rows }, { rows: counts }] = await Promise.all([
    sql<{ value: string | null; runs: number }>`
      select value, count(*) as runs from (${found}) as found
      group by value order by count(*) desc, value limit ${limit}`.execute(reader.query()),
    sql<{ total: number }>`
      select count(*) as total from (select distinct value from (${found}) as found) as valued`.execute(
      reader.query(),
    ),
  ]);
  const measured = await measureGroups(reader, found, metrics);
  return {
    groups: rows.map(({ value, runs }) => ({ value, runs, metrics: measured.get(value) ?? new Map() })),
    total: counts[0]?.total ?? 0,
  };
}

async function measureGroups(
  reader: SqlReader,
  found: RawBuilder<unknown>,
  metrics: readonly string[],
): Promise<ReadonlyMap<string | null, ReadonlyMap<string, Measure>>> {
  const groups = new Map<string | null, Map<string, Measure>>();
  if (metrics.length === 0) return groups;
  const { rows } = await sql<{ value: string | null; name: string } & Measure>`
    select found.value, metric_series.name, avg(metric_series.value) as mean,
      min(metric_series.value) as min, max(metric_series.value) as max, count(*) as runs
    from (${found}) as found
    join metric_series on metric_series.run_id = found.id
    where metric_series.name in (${sql.join(metrics)}) and metric_series.is_nan = 0
    group by found.value, metric_series.name`.execute(reader.query());
  for (const { value, name, mean, min, max, runs } of rows) {
    const group = groups.get(value) ?? new Map<string, Measure>();
    // The mean of both infinities is no number, which one engine writes as null.
    group.set(name, { mean: mean ?? Number.NaN, min, max, runs });
    groups.set(value, group);
  }
  return groups;
}

function groupSql(field: RunField): RawBuilder<unknown> {
  if (field.kind === 'param' || field.kind === 'tag') return entrySql(field.kind, field.name);
  if (field.kind === 'attribute' && groupedAttributes.has(field.name)) return attributeSql(field.name);
  throw esteiraError('RUN_FILTER_INVALID', {
    problem: `runs are grouped by a parameter, a tag or one of ${[...groupedAttributes].join(', ')}`,
  });
}
