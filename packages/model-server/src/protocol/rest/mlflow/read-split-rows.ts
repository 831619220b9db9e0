import { isUtf8 } from 'node:buffer';
import type { TensorSignature } from '@esteira/contracts';
import type { CallPlan } from '../../call/call-plan.ts';
import { isRecord } from '../../call/table.ts';
import type { Tensor } from '../../tensor.ts';
import { arrayStart } from '../array-start.ts';
import { hasMissing } from '../has-missing.ts';
import { createNumberScanner } from '../number-scanner.ts';
import { parseRemembered } from '../remembered-json.ts';
import { tensorOfNumbers } from '../tensor-of-numbers.ts';

/** A matrix of the graph whose columns are those of a table, in their order. */
export interface TableMatrix {
  readonly input: TensorSignature;
  readonly names: readonly string[];
}

const scanner = createNumberScanner();
const dataKey = Buffer.from('"data"');
const backslash = 0x5c;
const matrices = new WeakMap<CallPlan, { readonly found: TableMatrix | undefined }>();

/** The matrix that a table of numbers is, where it is one as it was sent. */
export function tableMatrix(plan: CallPlan): TableMatrix | undefined {
  const known = matrices.get(plan);
  if (known !== undefined) return known.found;
  const found = findMatrix(plan);
  matrices.set(plan, { found });
  return found;
}

function findMatrix({ takes, params, signature, whole }: CallPlan): TableMatrix | undefined {
  const [input, second] = signature.inputs;
  if (takes.kind !== 'columns' || params.length > 0 || !whole) return undefined;
  if (input === undefined || second !== undefined) return undefined;
  const { columns } = takes;
  const isTable = columns.every(
    ({ type, width, index, input: into }, position) =>
      (type === 'double' || type === 'float') &&
      width === undefined &&
      index === position &&
      into === input.name,
  );
  const { datatype, shape } = input;
  if ((datatype !== 'FP32' && datatype !== 'FP64') || shape.length !== 2) return undefined;
  return isTable && shape[1] === columns.length
    ? { input, names: columns.map(({ name }) => name) }
    : undefined;
}

/**
 * Reads `{"dataframe_split": {"columns": […], "data": [[…], …]}}`, rows of numbers under the columns of the model in their
 * order, from the bytes. Undefined for every other body, wrong ones and those with a null included: the general reader says
 * what it thinks of them.
 */
export function readSplitRows(body: Buffer, { input, names }: TableMatrix): Tensor | undefined {
  const { name, datatype } = input;
  if (datatype !== 'FP32' && datatype !== 'FP64') return undefined;
  const key = body.indexOf(dataKey);
  if (key < 0 || body[key - 1] === backslash) return undefined;
  const start = arrayStart(body, key + dataKey.length);
  const numbers = start < 0 ? undefined : scanner.scan(body, start);
  if (numbers === undefined || numbers.rows === 0 || numbers.width !== names.length) return undefined;
  const { rows, width, end, values, count } = numbers;
  if (body.indexOf(dataKey, end) >= 0 || !isUtf8(body)) return undefined;
  // The rows are lifted out: what is left is alike from one request to the next.
  const around = `${body.toString('utf8', 0, start)}0${body.toString('utf8', end)}`;
  if (!isSplit(parse(around), names) || hasMissing(values, count)) return undefined;
  return tensorOfNumbers({ name, datatype, shape: [rows, width] }, numbers, body);
}

function parse(text: string): unknown {
  try {
    return parseRemembered(text, JSON.parse);
  } catch {
    return undefined;
  }
}

function isSplit(document: unknown, names: readonly string[]): boolean {
  if (!isRecord(document) || !hasKeys(document, 1)) return false;
  const { dataframe_split: split } = document;
  if (!isRecord(split) || !hasKeys(split, 2) || split.data !== 0) return false;
  const { columns } = split;
  if (!Array.isArray(columns) || columns.length !== names.length) return false;
  for (let i = 0; i < names.length; i++) if (columns[i] !== names[i]) return false;
  return true;
}

function hasKeys(record: object, count: number): boolean {
  let found = 0;
  for (const _ in record) found += 1;
  return found === count;
}
