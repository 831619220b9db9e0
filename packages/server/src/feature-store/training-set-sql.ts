import type { FeatureService, TrainingSetSpine } from '@esteira/contracts';
import { esteiraError } from '../kernel/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../storage/tables/table-engine.ts';
import { keyNames, type NamedView } from './trailing-features-sql.ts';

export type ServiceBody = Omit<FeatureService, 'name' | 'version' | 'digest' | 'createdAt'>;

/** Columns of the spine table that hold the keys of one use of a view. */
export function spineKeyColumns(use: number, view: NamedView): readonly string[] {
  return keyNames(view.body).map((_key, index) => `key_${use}_${index}`);
}

/** Rows to take of the source, and what their hash is made of. */
type SpineSource = { readonly from: string; readonly columns: readonly { readonly name: string }[] };

/**
 * SQL of the largest hash that sampling may take in each segment (`segment`, `last_hash` as text): a pass over hashes alone,
 * so that the spine's own pass need sort no more rows than it keeps. Only asked where there are samples.
 */
export function lastHashesSql(wanted: TrainingSetSpine, source: SpineSource): string {
  return `SELECT segment, CAST(max(row_hash) AS VARCHAR) AS last_hash FROM (
      SELECT ${segmentSql(wanted.samples)} AS segment, row_hash FROM (${candidatesSql(wanted, source, [])})
      QUALIFY row_number() OVER (PARTITION BY segment ORDER BY row_hash) <= ${capSql('segment', wanted.samples)})
    GROUP BY segment ORDER BY segment`;
}

/**
 * SQL of the spine: the rows asked about, with `row_id`, `event_time` (ms), the keys of every use, on-demand features,
 * label and kept columns, in the order of `row_id`. Sampling takes the smallest hashes of (row, seed), so it depends on the
 * rows alone, not on their order or on threads.
 */
export function spineSql(spine: {
  readonly wanted: TrainingSetSpine;
  readonly service: ServiceBody;
  readonly views: readonly NamedView[];
  readonly source: SpineSource;
  /** The rows that `lastHashesSql` gives. */
  readonly lastHashes: readonly Readonly<Record<string, unknown>>[];
  /** The name of the temporary table it goes to. */
  readonly table: string;
}): string {
  const { wanted, service, views, source, lastHashes, table } = spine;
  const keys = service.features.flatMap((use, index) => {
    const view = views[index];
    if (!view) return [];
    return keyNames(view.body).map((key, position) => {
      const expression = use.keys[key];
      if (expression === undefined) {
        throw esteiraError('FEATURE_DEFINITION_INVALID', {
          name: wanted.featureService,
          problem: `the use of ${use.view} gives no key ${key}`,
        });
      }
      return `CAST((${expression}) AS VARCHAR) AS key_${index}_${position}`;
    });
  });
  const columns = [
    ...keys,
    ...service.onDemand.map(
      ({ name, expression }) => `CAST((${expression}) AS DOUBLE) AS ${quoteIdentifier(name)}`,
    ),
    ...(wanted.label === undefined ? [] : [`(${wanted.label}) AS label`]),
    ...wanted.keep.map((name) => quoteIdentifier(name)),
  ];
  return `CREATE OR REPLACE TEMP TABLE ${table} AS
    SELECT row_number() OVER (ORDER BY event_time, row_hash) AS row_id, * EXCLUDE (row_hash) FROM (
      ${candidatesSql(wanted, source, columns)}${sampleSql(wanted.samples, lastHashes)}) ORDER BY row_id`;
}

/**
 * SQL of the finished set, in an order that is always the same: that of the spine, in which every table of features stands
 * too, so that rows meet by their place and nothing need be looked up or sorted again.
 */
export function joinedSql(
  wanted: TrainingSetSpine,
  service: ServiceBody,
  spine: string,
  features: readonly { readonly table: string; readonly columns: readonly string[] }[],
): string {
  const select = [
    'make_timestamp(spine.event_time * 1000) AS event_time',
    ...wanted.keep.map((name) => `spine.${quoteIdentifier(name)}`),
    ...features.flatMap(({ table, columns }) => columns.map((name) => `${table}.${quoteIdentifier(name)}`)),
    ...service.onDemand.map(({ name }) => `spine.${quoteIdentifier(name)}`),
    ...(wanted.label === undefined ? [] : ['spine.label']),
  ];
  const joins = features.map(({ table }) => `POSITIONAL JOIN ${table}`);
  return `SELECT ${select.join(', ')} FROM ${spine} AS spine ${joins.join(' ')}`;
}

function candidatesSql(wanted: TrainingSetSpine, source: SpineSource, columns: readonly string[]): string {
  const hash = `hash(${[...source.columns.map((column) => quoteIdentifier(column.name)), String(wanted.seed)].join(', ')})`;
  const conditions = [
    ...(wanted.where === undefined ? [] : [`(${wanted.where})`]),
    ...(wanted.from === undefined ? [] : [`event_time >= ${momentSql(wanted.from)}`]),
    ...(wanted.until === undefined ? [] : [`event_time < ${momentSql(wanted.until)}`]),
    'event_time IS NOT NULL',
  ];
  const select = [
    `epoch_ms(CAST(${quoteIdentifier(wanted.timeColumn)} AS TIMESTAMP)) AS event_time`,
    `${hash} AS row_hash`,
    ...columns,
  ];
  return `SELECT ${select.join(', ')} FROM ${source.from} WHERE ${conditions.join(' AND ')}`;
}

/** Each cap bounds the rows from the cap before it on; rows after the last cap are all taken. */
function sampleSql(
  samples: TrainingSetSpine['samples'],
  lastHashes: readonly Readonly<Record<string, unknown>>[],
): string {
  if (samples.length === 0) return '';
  const segment = segmentSql(samples);
  const last = lastHashes.map((row) => `WHEN ${Number(row.segment)} THEN ${String(row.last_hash)}::UBIGINT`);
  const reach = last.length === 0 ? '' : ` AND row_hash <= CASE ${segment} ${last.join(' ')} END`;
  return `${reach} QUALIFY row_number() OVER (PARTITION BY ${segment} ORDER BY row_hash, event_time)
    <= ${capSql(segment, samples)}`;
}

function segmentSql(samples: TrainingSetSpine['samples']): string {
  const segments = byTime(samples).map(
    (sample, index) => `WHEN event_time < ${momentSql(sample.until)} THEN ${index}`,
  );
  return `CASE ${segments.join(' ')} ELSE ${samples.length} END`;
}

function capSql(segment: string, samples: TrainingSetSpine['samples']): string {
  const caps = byTime(samples).map((sample, index) => `WHEN ${index} THEN ${sample.rows}`);
  return `CASE ${segment} ${caps.join(' ')} ELSE 9223372036854775807 END`;
}

function byTime(samples: TrainingSetSpine['samples']): TrainingSetSpine['samples'] {
  return [...samples].sort((left, right) => left.until.localeCompare(right.until));
}

function momentSql(text: string): string {
  return `epoch_ms(CAST(${quoteLiteral(text)} AS TIMESTAMP))`;
}
