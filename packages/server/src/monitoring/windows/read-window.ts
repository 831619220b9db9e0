import { quoteIdentifier, quoteLiteral, type TableEngine } from '../../storage/tables/table-engine.ts';
import { scoreColumn } from '../monitors/monitor.ts';
import { answered } from './count-windows.ts';
import type { WindowColumn } from './judge-columns.ts';
import type { LabelledScores } from './measure-performance.ts';

type Reader = Pick<TableEngine, 'query' | 'numericColumns'>;

export interface WindowTotals {
  readonly rows: number;
  /** Rows that were not refused as invalid. */
  readonly validRows: number;
  readonly labelledRows: number;
  /** Rows a model answered with a score, by its version; and those of them, of any version, that have a label. */
  readonly scoredRows: ReadonlyMap<string, number>;
  readonly labelledScores: number;
  readonly modelVersionIds: readonly string[];
  /** The version that answered most rows; null when none did. */
  readonly mainVersionId: string | null;
  /** Shares of all rows; null without rows. */
  readonly invalidShare: number | null;
  /** Of the rows that were not invalid: failures that are not the caller's. */
  readonly errorShare: number | null;
  readonly fallbackShare: number | null;
  /** Of requests answered, in ms. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

// A distance hardly gains by more rows; which of them are read depends on their ids alone.
const mostRows = 200_000;

/** Counts, shares and latencies of one window. `predictions` and `labels` are FROM clauses. */
export async function readTotals(reader: Reader, predictions: string, labels: string): Promise<WindowTotals> {
  const [row] = await reader.query(
    `select count(*) as rows, count(l.label) as labelled,
     count(*) filter (p.status = 'invalid') as invalid, count(*) filter (p.status = 'error') as errors,
     count(*) filter (p.status = 'fallback') as fallbacks,
     histogram(coalesce(p.model_version_id, '')) filter (${scored('p.')}) as scored,
     count(l.label) filter (${scored('p.')}) as labelled_scores,
     list(distinct p.model_version_id order by p.model_version_id) filter (p.model_version_id is not null) as versions,
     mode(p.model_version_id) filter (p.status = 'ok') as main_version,
     quantile_cont(p.latency_ms, [0.5, 0.95, 0.99]) filter (p.row_index = 0 and p.status <> 'invalid') as latencies
     from (select * from ${predictions} where ${answered}) p left join ${labels} l using (prediction_id)`,
  );
  const rows = Number(row?.rows ?? 0);
  const invalid = Number(row?.invalid ?? 0);
  const valid = rows - invalid;
  const latencies = Array.isArray(row?.latencies) ? row.latencies.map(Number) : [];
  return {
    rows,
    validRows: valid,
    labelledRows: Number(row?.labelled ?? 0),
    scoredRows: new Map(countsOf(row?.scored).map(({ key, value }) => [key, value])),
    labelledScores: Number(row?.labelled_scores ?? 0),
    modelVersionIds: Array.isArray(row?.versions) ? row.versions.map(String) : [],
    mainVersionId: typeof row?.main_version === 'string' ? row.main_version : null,
    invalidShare: rows > 0 ? invalid / rows : null,
    errorShare: valid > 0 ? Number(row?.errors ?? 0) / valid : null,
    fallbackShare: valid > 0 ? Number(row?.fallbacks ?? 0) / valid : null,
    p50Ms: latencies[0] ?? null,
    p95Ms: latencies[1] ?? null,
    p99Ms: latencies[2] ?? null,
  };
}

function countsOf(histogram: unknown): readonly { readonly key: string; readonly value: number }[] {
  return Array.isArray(histogram) ? (histogram as { key: string; value: number }[]) : [];
}

/** Names of the features that the log holds. `predictions` is a FROM clause. */
export async function loggedFeatures(reader: Reader, predictions: string): Promise<ReadonlySet<string>> {
  const described = await reader.query(`select column_name from (describe select * from ${predictions})`);
  const names = described.map((row) => String(row.column_name));
  return new Set(names.flatMap((name) => (name.startsWith('f_') ? [name.slice(2)] : [])));
}

/** The watched features of one window of `rows` valid rows, in order; a column the log lacks has no values. */
export async function readFeatures(
  reader: Reader,
  predictions: string,
  rows: number,
  watched: {
    readonly features: readonly string[];
    readonly logged: ReadonlySet<string>;
    isText(feature: string): boolean;
  },
): Promise<readonly WindowColumn[]> {
  const { features, logged, isText } = watched;
  const present = features.filter((feature) => logged.has(feature));
  const from = sampled(`(select * from ${predictions} where ${answered} and status <> 'invalid')`, rows);
  const numbers = present.filter((feature) => !isText(feature));
  const list = numbers.map((feature, index) => `${quoteIdentifier(`f_${feature}`)} as c${index}`);
  const numeric =
    numbers.length > 0
      ? await reader.numericColumns(`select ${list.join(', ')} from ${from}`)
      : new Map<string, Float64Array>();
  const columns: WindowColumn[] = [];
  for (const column of features) {
    if (!present.includes(column)) columns.push({ column, values: undefined });
    else if (isText(column)) columns.push({ column, values: await readText(reader, from, column) });
    else columns.push({ column, values: numeric.get(`c${numbers.indexOf(column)}`) });
  }
  return columns;
}

/** What a model version answered in one window; any of them unless one is named. */
export async function readScores(
  reader: Reader,
  predictions: string,
  { scoredRows }: Pick<WindowTotals, 'scoredRows'>,
  versionId: string | null,
): Promise<WindowColumn & { values: Float64Array }> {
  const own = versionId === null ? '' : ` and model_version_id = ${quoteLiteral(versionId)}`;
  const rows =
    versionId === null
      ? [...scoredRows.values()].reduce((sum, count) => sum + count, 0)
      : (scoredRows.get(versionId) ?? 0);
  const from = sampled(`(select * from ${predictions} where ${answered} and ${scored('')}${own})`, rows);
  const columns = await reader.numericColumns(`select score from ${from}`);
  return { column: scoreColumn, values: columns.get('score') ?? new Float64Array() };
}

/** Scores of the model with their labels; of more than two classes the predicted class stands for the score. */
export async function readLabelled(
  reader: Reader,
  predictions: string,
  labels: string,
  { labelledScores }: Pick<WindowTotals, 'labelledScores'>,
): Promise<LabelledScores> {
  const from = sampled(
    `(select p.prediction_id, p.score, l.label from
      (select prediction_id, arg_min(score, "at") as score from ${predictions} where ${answered} and ${scored('')} group by prediction_id) p
      join ${labels} l using (prediction_id))`,
    labelledScores,
  );
  const columns = await reader.numericColumns(`select score, label from ${from} order by prediction_id`);
  return {
    scores: columns.get('score') ?? new Float64Array(),
    labels: columns.get('label') ?? new Float64Array(),
  };
}

// A fallback's answer says nothing about the model.
function scored(table: '' | 'p.'): string {
  return `${table}status = 'ok' and ${table}score is not null`;
}

function sampled(from: string, rows: number): string {
  const step = Math.ceil(rows / mostRows);
  return step <= 1 ? from : `(select * from ${from} where hash(prediction_id) % ${step} = 0)`;
}

async function readText(reader: Reader, from: string, feature: string): Promise<readonly (string | null)[]> {
  const name = quoteIdentifier(`f_${feature}`);
  const rows = await reader.query(
    `select cast(${name} as varchar) as value, count(*) as rows from ${from} group by 1 order by 1`,
  );
  return rows.flatMap((row) =>
    new Array<string | null>(Number(row.rows)).fill(typeof row.value === 'string' ? row.value : null),
  );
}
