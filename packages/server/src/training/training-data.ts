import type { Table } from '@esteira/ml';
import { esteiraError } from '../kernel/errors.ts';
import { quoteIdentifier, type TableEngine } from '../storage/tables/table-engine.ts';

export interface TrainingData {
  readonly table: Table;
  readonly labels: Float64Array;
}

export interface TrainingDataRequest {
  /** SQL that yields the rows, in an order that is always the same. */
  readonly from: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly features: readonly string[];
  readonly label: string;
  /** At most about so many of the part's rows, spread evenly over it: all of its time is seen. All unless given. */
  readonly sample?: { readonly rows: number; readonly of: number };
}

/**
 * Loads features and labels as columns. Numbers, booleans and times become doubles (null is NaN); text stays text.
 * Throws TRAINING_COLUMN_MISSING, and TRAINING_DATA_UNUSABLE when a label is missing.
 */
export async function loadTrainingData(
  tables: TableEngine,
  request: TrainingDataRequest,
): Promise<TrainingData> {
  const types = new Map(request.columns.map((column) => [column.name, column.type]));
  for (const column of [...request.features, request.label]) {
    if (!types.has(column))
      throw esteiraError('TRAINING_COLUMN_MISSING', { column, known: [...types.keys()].join(', ') });
  }
  const isText = (name: string): boolean => /VARCHAR|ENUM|UUID/i.test(types.get(name) ?? '');
  const numeric = request.features.filter((name) => !isText(name));
  const text = request.features.filter(isText);
  const columns = await tables.numericColumns(selectColumns(request, [...numeric, request.label], 'DOUBLE'));
  const labels = columns.get(request.label) ?? new Float64Array();
  requireLabels(labels);
  const texts = text.length > 0 ? await tables.query(selectColumns(request, text, 'VARCHAR')) : [];
  return {
    labels,
    table: {
      rows: labels.length,
      columns: [
        ...numeric.map((name) => ({
          name,
          type: 'number' as const,
          values: columns.get(name) ?? new Float64Array(),
        })),
        ...text.map((name) => ({
          name,
          type: 'text' as const,
          values: texts.map((row) => (typeof row[name] === 'string' ? row[name] : null)),
        })),
      ],
    },
  };
}

function selectColumns(request: TrainingDataRequest, names: readonly string[], type: string): string {
  const list = names.map((name) => `CAST(${quoteIdentifier(name)} AS ${type}) AS ${quoteIdentifier(name)}`);
  const every = request.sample === undefined ? 1 : Math.ceil(request.sample.of / request.sample.rows);
  if (every <= 1) return `SELECT ${list.join(', ')} FROM ${request.from}`;
  return `SELECT ${list.join(', ')} FROM (SELECT *, row_number() OVER () AS row_place FROM ${request.from}) WHERE row_place % ${every} = 0`;
}

function requireLabels(labels: Float64Array): void {
  if (labels.length === 0) throw esteiraError('TRAINING_DATA_UNUSABLE', { problem: 'it has no rows' });
  const missing = labels.reduce((count, label) => count + (Number.isFinite(label) ? 0 : 1), 0);
  if (missing > 0) {
    throw esteiraError('TRAINING_DATA_UNUSABLE', {
      problem: `${missing} of ${labels.length} rows have no label`,
    });
  }
}
