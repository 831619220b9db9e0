import type { FeatureService, JsonValue, Materialization, OnlineFeatures } from '@esteira/contracts';
import { parseDuration } from '../kernel/duration.ts';
import { esteiraError } from '../kernel/errors.ts';
import {
  engineProblem,
  quoteIdentifier,
  type SqlValue,
  type TableEngine,
  type TableRow,
} from '../storage/tables/table-engine.ts';
import { chosenFeatures } from './build-training-set.ts';
import { packKey } from './online-store.ts';
import type { OnlineValues } from './online-values.ts';
import { keyNames, type NamedView } from './trailing-features-sql.ts';

export interface OnlineRequest {
  readonly workspace: string;
  readonly service: FeatureService;
  readonly views: readonly NamedView[];
  readonly rows: readonly Readonly<Record<string, JsonValue>>[];
  /** SQL types of the columns of the views' sources: a time sent as text is a time again. */
  readonly columnTypes: ReadonlyMap<string, string>;
  readonly now: number;
}

type Status = OnlineFeatures['rows'][number]['statuses'][number];

/**
 * Values of a service for rows that are asked about now. Keys and on-demand features are computed by the same SQL as in
 * training sets, so that online and offline cannot drift apart.
 */
export async function readOnlineFeatures(
  deps: { online: Pick<OnlineValues, 'read'>; tables: TableEngine },
  request: OnlineRequest,
): Promise<OnlineFeatures> {
  const { service } = request;
  const computed = await computeRow(deps.tables, request);
  const names: string[] = [];
  const asOf: (number | null)[] = [];
  const rows = request.rows.map(() => ({ values: [] as (number | null)[], statuses: [] as Status[] }));
  for (const [index, use] of service.features.entries()) {
    const view = request.views[index];
    if (!view) continue;
    const chosen = chosenFeatures(use.only, view);
    names.push(...chosen.map((feature) => `${use.prefix}_${feature.name}`));
    const keys = computed.map((row) => packKey(keysOf(row, index, view)));
    const { materialization, values: found } = await deps.online.read(request.workspace, view.name, keys);
    asOf.push(...chosen.map(() => materialization?.at ?? null));
    const expired = isExpired(materialization, request.now, view);
    for (const [position, row] of rows.entries()) {
      const values = found.get(keys[position] ?? '');
      for (const feature of chosen) {
        const value = values?.[view.body.features.indexOf(feature)] ?? null;
        row.values.push(expired ? null : value);
        if (expired) row.statuses.push('OUTSIDE_MAX_AGE');
        else if (values === undefined) row.statuses.push('NOT_FOUND');
        else row.statuses.push(value === null ? 'NULL_VALUE' : 'PRESENT');
      }
    }
  }
  for (const { name } of service.onDemand) {
    names.push(name);
    asOf.push(null);
    for (const [position, row] of rows.entries()) {
      const value = computed[position]?.[name];
      row.values.push(typeof value === 'number' ? value : null);
      row.statuses.push(typeof value === 'number' ? 'PRESENT' : 'NULL_VALUE');
    }
  }
  return { featureService: service.name, names, asOf, rows };
}

async function computeRow(
  tables: TableEngine,
  { service, views, rows, columnTypes }: OnlineRequest,
): Promise<readonly TableRow[]> {
  const select = service.features.flatMap((use, index) => {
    const view = views[index];
    return view
      ? keyNames(view.body).map(
          (key, place) => `CAST((${use.keys[key] ?? 'NULL'}) AS VARCHAR) AS key_${index}_${place}`,
        )
      : [];
  });
  select.push(
    ...service.onDemand.map(
      ({ name, expression }) => `CAST((${expression}) AS DOUBLE) AS ${quoteIdentifier(name)}`,
    ),
  );
  if (select.length === 0) return rows.map(() => ({}));
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const parameters: SqlValue[] = [];
  const tuples = rows.map((row, position) => {
    const cells = columns.map((name) => {
      parameters.push(toSqlValue(row[name]));
      const type = columnTypes.get(name);
      return type === undefined ? `$${parameters.length}` : `CAST($${parameters.length} AS ${type})`;
    });
    return `(${[position, ...cells].join(', ')})`;
  });
  const header = ['position', ...columns].map(quoteIdentifier).join(', ');
  try {
    return await tables.query(
      `SELECT ${select.join(', ')} FROM (VALUES ${tuples.join(', ')}) AS asked(${header}) ORDER BY position`,
      parameters,
    );
  } catch (error) {
    const problem = engineProblem(error);
    if (problem === undefined) throw error;
    throw esteiraError('ONLINE_ROW_INVALID', { problem }, error);
  }
}

function keysOf(row: TableRow, use: number, view: NamedView): readonly string[] {
  const names = keyNames(view.body);
  return names.length === 0 ? [''] : names.map((_key, place) => String(row[`key_${use}_${place}`] ?? ''));
}

function isExpired(materialized: Materialization | undefined, now: number, view: NamedView): boolean {
  if (view.body.ttl === undefined || materialized === undefined) return false;
  return now - materialized.at > (parseDuration(view.body.ttl) ?? Number.POSITIVE_INFINITY);
}

function toSqlValue(value: JsonValue | undefined): SqlValue {
  return value === undefined || value === null || typeof value === 'object' ? null : value;
}
