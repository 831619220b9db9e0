import type { CallColumn, TensorSignature } from '@esteira/contracts';
import { invalidRequest } from '../../inference-error.ts';
import { describeValue } from '../describe-value.ts';
import { emptyTensor, rowWidth, type Tensor } from '../tensor.ts';
import type { CallPlan } from './call-plan.ts';
import { type ConvertOptions, valueConverter } from './convert-value.ts';
import type { Table } from './table.ts';

/**
 * The tensors of a table's rows: whole graph inputs where everybody takes the same, else one tensor per column. Columns
 * that nobody knows are passed over, unless there is no other. Throws INVALID_INFERENCE_REQUEST naming columns that are
 * missing or values that do not fit.
 */
export function fillColumns(plan: CallPlan, table: Table, options: ConvertOptions = {}): readonly Tensor[] {
  const { takes } = plan;
  if (takes.kind !== 'columns') throw invalidRequest('the model takes tensors, not named columns');
  refuseStrangers(plan, takes.columns, table);
  if (table.rows === 0) throw invalidRequest('the request has no rows');
  const missing = takes.columns.filter(({ name, required }) => required && table.column(name) === undefined);
  if (missing.length > 0) {
    throw invalidRequest(`the request lacks the columns ${firstOf(missing.map(({ name }) => name))}`);
  }
  if (!plan.whole) return eachColumn(plan, takes.columns, table, options);
  return plan.signature.inputs.map((input) => fillInput(input, takes.columns, table, options));
}

/** A model that takes missing values would answer to columns of other names as to rows of nothing. */
function refuseStrangers(plan: CallPlan, columns: readonly CallColumn[], table: Table): void {
  if (table.names.length === 0) return;
  for (const { name } of columns) if (table.column(name) !== undefined) return;
  for (const name of plan.knownColumns) if (table.column(name) !== undefined) return;
  const given = firstOf(table.names);
  const taken = firstOf(columns.map(({ name }) => name));
  throw invalidRequest(`the model knows no column ${given}; it takes ${taken}`);
}

function firstOf(names: readonly string[]): string {
  return `${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`;
}

function fillInput(
  input: TensorSignature,
  columns: readonly CallColumn[],
  table: Table,
  options: ConvertOptions,
): Tensor {
  const own = columns.filter((column) => column.input === input.name);
  const filled = own.reduce((sum, { width = 1 }) => sum + width, 0);
  const shape = input.shape.map((dimension, axis) => (dimension === -1 && axis > 0 ? filled : dimension));
  const tensor = emptyTensor({ name: input.name, datatype: input.datatype, shape }, table.rows);
  const data = tensor.data as { [index: number]: number | bigint | string };
  const step = rowWidth(tensor);
  for (const { name, type, index, width } of own) {
    const convert = valueConverter(type, input.datatype, options);
    const read = table.column(name) ?? missingValue;
    let row = 0;
    const place = (): string => `the column ${name} in row ${row}`;
    for (; row < table.rows; row++) {
      const value = read(row);
      if (width === undefined) {
        data[row * step + index] = convert(value, place);
        continue;
      }
      const list = listOf(value, width, place);
      for (let i = 0; i < width; i++) data[row * step + index + i] = convert(list[i], place);
    }
  }
  return tensor;
}

/** One tensor per column, of those that some arm knows too: each arm takes its own. */
function eachColumn(
  plan: CallPlan,
  columns: readonly CallColumn[],
  table: Table,
  options: ConvertOptions,
): readonly Tensor[] {
  const tensors: Tensor[] = [];
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  for (const name of new Set([...types.keys(), ...plan.knownColumns])) {
    const read = table.column(name) ?? (types.has(name) ? missingValue : undefined);
    if (read === undefined) continue;
    const values = Array.from({ length: table.rows }, (_, row) => read(row));
    const type = types.get(name) ?? (values.some((value) => typeof value === 'string') ? 'string' : 'double');
    const text = type === 'string' || type === 'binary';
    const integers = type === 'long' || type === 'integer' || type === 'datetime';
    const gaps = values.some((value) => value === null || value === undefined);
    const datatype = text ? 'BYTES' : integers && !gaps ? 'INT64' : 'FP64';
    const tensor = emptyTensor({ name, datatype, shape: [-1] }, table.rows);
    const data = tensor.data as { [index: number]: number | bigint | string };
    const convert = valueConverter(type, datatype, options);
    for (const [row, value] of values.entries())
      data[row] = convert(value, () => `the column ${name} in row ${row}`);
    tensors.push(tensor);
  }
  return tensors;
}

function listOf(value: unknown, width: number, place: () => string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidRequest(`${place()} has ${describeValue(value)}, which is no list`);
  if (value.length !== width)
    throw invalidRequest(`${place()} has a list of ${value.length} values; the model takes ${width}`);
  return value;
}

function missingValue(): null {
  return null;
}
