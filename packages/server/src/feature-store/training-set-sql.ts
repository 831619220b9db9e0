import type { FeatureService, TrainingSetSpine } from '@esteira/contracts';
import { esteiraError } from '../kernel/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../storage/tables/table-engine.ts';
import { keyNames, type NamedView } from './trailing-features-sql.ts';

export type ServiceBody = Omit<FeatureService, 'name' | 'version' | 'digest' | 'createdAt'>;

/** Columns of the spine table that hold the keys of one use of a view. */
export function spineKeyColumns(use: number, view: NamedView): readonly string[] {
  return keyNames(view.body).map((_key, index) => `key_${use}_${index}`);
}

/**
 * SQL of the spine: the rows asked about, with `row_id`, `event_time` (ms), the keys of every use, on-demand features,
 * label and kept columns. Sampling takes the smallest hashes of (row, seed), so it depends on the rows alone, not on
 * their order or on threads.
 */
export function spineSql(
  wanted: TrainingSetSpine,
  service: ServiceBody,
  views: readonly NamedView[],
  source: { readonly from: string; readonly columns: readonly { readonly name: string }[] },
  table: string,
): string {
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
  const hash = `hash(${[...source.columns.map((column) => quoteIdentifier(column.name)), String(wanted.seed)].join(', ')})`;
  const select = [
    `epoch_ms(CAST(${quoteIdentifier(wanted.timeColumn)} AS TIMESTAMP)) AS event_time`,
    `${hash} AS row_hash`,
    ...keys,
    ...service.onDemand.map(
      ({ name, expression }) => `CAST((${expression}) AS DOUBLE) AS ${quoteIdentifier(name)}`,
    ),
    ...(wanted.label === undefined ? [] : [`(${wanted.label}) AS label`]),
    ...wanted.keep.map((name) => quoteIdentifier(name)),
  ];
  const conditions = [
    ...(wanted.where === undefined ? [] : [`(${wanted.where})`]),
    ...(wanted.from === undefined ? [] : [`event_time >= ${momentSql(wanted.from)}`]),
    ...(wanted.until === undefined ? [] : [`event_time < ${momentSql(wanted.until)}`]),
    'event_time IS NOT NULL',
  ];
  return `CREATE OR REPLACE TEMP TABLE ${table} AS
    SELECT row_number() OVER (ORDER BY event_time, row_hash) AS row_id, * FROM (
      SELECT ${select.join(', ')} FROM ${source.from} WHERE ${conditions.join(' AND ')}${capSql(wanted.samples)})`;
}

/** SQL of the finished set, in an order that is always the same. */
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
  const joins = features.map(({ table }) => `JOIN ${table} USING (row_id)`);
  return `SELECT ${select.join(', ')} FROM ${spine} AS spine ${joins.join(' ')} ORDER BY spine.row_id`;
}

/** Each cap bounds the rows from the cap before it on; rows after the last cap are all taken. */
function capSql(samples: TrainingSetSpine['samples']): string {
  if (samples.length === 0) return '';
  const ordered = [...samples].sort((left, right) => left.until.localeCompare(right.until));
  const segments = ordered.map(
    (sample, index) => `WHEN event_time < ${momentSql(sample.until)} THEN ${index}`,
  );
  const segment = `CASE ${segments.join(' ')} ELSE ${ordered.length} END`;
  const caps = ordered.map((sample, index) => `WHEN ${index} THEN ${sample.rows}`);
  return ` QUALIFY row_number() OVER (PARTITION BY ${segment} ORDER BY row_hash, event_time)
    <= CASE ${segment} ${caps.join(' ')} ELSE 9223372036854775807 END`;
}

function momentSql(text: string): string {
  return `epoch_ms(CAST(${quoteLiteral(text)} AS TIMESTAMP))`;
}
