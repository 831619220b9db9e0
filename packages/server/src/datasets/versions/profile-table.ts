import type { ColumnProfile } from '@esteira/contracts';
import {
  quoteIdentifier,
  quoteLiteral,
  type TableEngine,
  type TableRow,
} from '../../storage/tables/table-engine.ts';
import { type Column, numericExpression } from '../column.ts';
import { parseTime } from '../time-bound.ts';
import { rowDigestSql, rowsDigestOf, rowsDigestSql } from './rows-digest.ts';

export interface TableProfile {
  readonly rows: number;
  readonly rowsDigest: string;
  readonly columns: readonly ColumnProfile[];
}

const probabilities = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;
const binCount = 24;
const topCount = 10;
// Grouping a column of nearly unique texts would cost more than everything else together.
const mostDistinct = 5000;

/**
 * Profiles a Parquet file and digests its rows in one scan; the bounds of the histograms come from the file's own
 * statistics. Columns of few texts are read a second time, all together, for their most frequent values.
 */
export async function profileTable(
  tables: Pick<TableEngine, 'query'>,
  path: string,
  columns: readonly Column[],
): Promise<TableProfile> {
  const from = `read_parquet(${quoteLiteral(path)})`;
  const edges = await histogramEdges(tables, path, columns);
  const parts = columns.flatMap((column, index) => columnSql(column, index, edges.get(column.name)));
  const digest = quoteIdentifier('digest of the row');
  const [row = {}] = await tables.query(
    `SELECT ${[rowsDigestSql(digest), ...parts].join(',\n')}
    FROM (SELECT *, ${rowDigestSql(columns)} AS ${digest} FROM ${from})`,
  );
  const top = await topValues(tables, from, columns, row);
  return {
    rows: Number(row.rows),
    rowsDigest: rowsDigestOf(columns, row),
    columns: columns.map((column, index) => {
      return profileOf(column, index, row, edges.get(column.name), top.get(column.name) ?? []);
    }),
  };
}

function columnSql(column: Column, index: number, edges: readonly number[] | undefined): readonly string[] {
  const name = quoteIdentifier(column.name);
  const parts = [`count(${name}) AS count_${index}`, `approx_count_distinct(${name}) AS distinct_${index}`];
  const value = numericExpression(column);
  if (value === undefined) {
    if (column.kind === 'string' || column.kind === 'time') {
      parts.push(
        `CAST(min(${name}) AS VARCHAR) AS min_${index}`,
        `CAST(max(${name}) AS VARCHAR) AS max_${index}`,
      );
    }
    return parts;
  }
  parts.push(
    `min(${value}) AS min_${index}`,
    `max(${value}) AS max_${index}`,
    `avg(${value}) AS mean_${index}`,
    `approx_quantile(${value}, [${probabilities.join(', ')}]) AS quantiles_${index}`,
  );
  // A sum of squares of infinite values is an error, not a number.
  parts.push(`stddev_samp(CASE WHEN isfinite(${value}) THEN ${value} END) AS std_${index}`);
  if (edges !== undefined) {
    const upper = edges.slice(1).map((edge) => `${edge}::DOUBLE`);
    parts.push(`histogram(${value}, [${upper.join(', ')}]) AS histogram_${index}`);
  }
  return parts;
}

async function histogramEdges(
  tables: Pick<TableEngine, 'query'>,
  path: string,
  columns: readonly Column[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const rows = await tables.query(`SELECT path_in_schema AS name, min(row_group_num_rows) AS smallest,
      list(stats_min_value) AS lows, list(stats_max_value) AS highs, bool_and(stats_min_value IS NOT NULL) AS known
    FROM parquet_metadata(${quoteLiteral(path)}) GROUP BY path_in_schema`);
  const edges = new Map<string, readonly number[]>();
  for (const column of columns) {
    if (numericExpression(column) === undefined) continue;
    const row = rows.find((candidate) => candidate.name === column.name);
    if (row === undefined || row.known !== true) continue;
    const low = Math.min(...(row.lows as readonly string[]).map(boundOf));
    const high = Math.max(...(row.highs as readonly string[]).map(boundOf));
    if (!Number.isFinite(low) || !Number.isFinite(high)) continue;
    edges.set(column.name, low === high ? [low, high] : equalWidth(low, high));
  }
  return edges;
}

function boundOf(text: string): number {
  return parseTime(text) ?? Number(text);
}

function equalWidth(low: number, high: number): readonly number[] {
  const edges = [low];
  for (let bin = 1; bin < binCount; bin++) edges.push(low + ((high - low) * bin) / binCount);
  return [...edges, high];
}

async function topValues(
  tables: Pick<TableEngine, 'query'>,
  from: string,
  columns: readonly Column[],
  row: TableRow,
): Promise<ReadonlyMap<string, { value: string; count: number }[]>> {
  const chosen = columns.filter((column, index) => {
    const few = Number(row[`distinct_${index}`]) <= mostDistinct;
    return few && (column.kind === 'string' || column.kind === 'boolean');
  });
  const top = new Map<string, { value: string; count: number }[]>();
  if (chosen.length === 0) return top;
  // GROUPING numbers the sets by a bit mask, which a double holds up to 53 columns.
  for (let start = 0; start < chosen.length; start += 50) {
    const group = chosen.slice(start, start + 50);
    const names = group.map((column) => quoteIdentifier(column.name));
    const texts = names.map((name) => `CAST(${name} AS VARCHAR)`).join(', ');
    const rows = await tables.query(`
      SELECT * FROM (
        SELECT grouping(${names.join(', ')}), coalesce(${texts}), count(*) FROM ${from}
        GROUP BY GROUPING SETS (${names.map((name) => `(${name})`).join(', ')})) AS groups(mask, value, n)
      QUALIFY row_number() OVER (PARTITION BY mask, value IS NULL ORDER BY n DESC, value) <= ${topCount}
      ORDER BY mask, n DESC, value`);
    for (const [index, column] of group.entries()) {
      const mask = 2 ** group.length - 1 - 2 ** (group.length - 1 - index);
      const own = rows.filter((found) => found.mask === mask && found.value !== null);
      top.set(
        column.name,
        own.map((found) => ({ value: String(found.value), count: Number(found.n) })),
      );
    }
  }
  return top;
}

function profileOf(
  column: Column,
  index: number,
  row: TableRow,
  edges: readonly number[] | undefined,
  top: { value: string; count: number }[],
): ColumnProfile {
  const rows = Number(row.rows);
  const count = Number(row[`count_${index}`]);
  const quantiles = row[`quantiles_${index}`] as readonly number[] | null | undefined;
  const bins = row[`histogram_${index}`] as readonly { value: number }[] | null | undefined;
  return {
    ...column,
    count,
    nulls: rows - count,
    distinct: Number(row[`distinct_${index}`]),
    min: extreme(row[`min_${index}`]),
    max: extreme(row[`max_${index}`]),
    mean: finite(row[`mean_${index}`]),
    std: finite(row[`std_${index}`]),
    quantiles:
      quantiles === null || quantiles === undefined || !quantiles.every(Number.isFinite)
        ? null
        : Object.fromEntries(probabilities.map((p, position) => [String(p), quantiles[position] ?? 0])),
    topValues: top,
    histogram:
      edges === undefined || bins === null || bins === undefined
        ? null
        : { edges: [...edges], counts: edges.slice(1).map((_, bin) => Number(bins[bin]?.value ?? 0)) },
  };
}

function extreme(value: unknown): number | string | null {
  return typeof value === 'string' ? value : finite(value);
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
