import type { CallTensor, ColumnType, TensorSignature } from '@esteira/contracts';
import { invalidRequest } from '../../inference-error.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';
import { type ConvertOptions, valueConverter } from './convert-value.ts';

/** Lists in lists, in row-major order. */
interface Nested {
  readonly shape: readonly number[];
  readonly values: readonly unknown[];
}

const deepest = 16;

/** Reads a nested list. Throws INVALID_INFERENCE_REQUEST when its lists are not all of one length at a depth. */
function flattenNested(value: unknown, name: string): Nested {
  const shape: number[] = [];
  for (let at = value; Array.isArray(at); at = at[0]) {
    shape.push(at.length);
    if (shape.length > deepest) throw invalidRequest(`the lists of ${name} are nested too deep`);
  }
  const values: unknown[] = [];
  collect(value, 0);
  return { shape, values };

  function collect(part: unknown, depth: number): void {
    if (depth === shape.length) {
      if (Array.isArray(part)) throw ragged();
      values.push(part);
      return;
    }
    if (!Array.isArray(part) || part.length !== shape[depth]) throw ragged();
    for (const element of part) collect(element, depth + 1);
  }

  function ragged() {
    return invalidRequest(`the lists of ${name} have no one shape: they differ in length or depth`);
  }
}

/**
 * The tensor of a nested list for an input of the graph; `called` is how the caller knows it. Throws
 * INVALID_INFERENCE_REQUEST when shape or values do not fit.
 */
export function nestedToTensor(
  value: unknown,
  input: TensorSignature,
  called: Pick<CallTensor, 'name' | 'dtype' | 'shape'>,
  options: ConvertOptions = {},
): Tensor {
  const name = called.name ?? input.name;
  const flat = flattenNested(value, name);
  const { values } = flat;
  // A list of values stands for a matrix of one column.
  const shape =
    fits(flat.shape, called.shape) || !fits([...flat.shape, 1], called.shape)
      ? flat.shape
      : [...flat.shape, 1];
  if (!fits(shape, called.shape)) {
    throw invalidRequest(
      `the shape of the input ${name} is [${shape.join(', ')}]; the model takes the shape [${called.shape.join(', ')}]`,
    );
  }
  const rows = shape[0] ?? 0;
  const tensor = emptyTensor(
    { name: input.name, datatype: input.datatype, shape: graphShape(shape, input, name) },
    rows,
  );
  const data = tensor.data as { [index: number]: number | bigint | string };
  const convert = valueConverter(typeOfDtype(called.dtype), input.datatype, options);
  let at = 0;
  const place = (): string => `the input ${name} at ${at}`;
  for (; at < values.length; at++) data[at] = convert(values[at], place);
  return tensor;
}

/** The name of numpy's type, as a column of such values is typed. */
function typeOfDtype(dtype: string): ColumnType {
  if (dtype.startsWith('float')) return 'double';
  if (dtype.startsWith('int') || dtype.startsWith('uint')) return 'long';
  if (dtype.startsWith('bool')) return 'boolean';
  if (dtype.startsWith('datetime')) return 'datetime';
  return 'string';
}

function fits(shape: readonly number[], wanted: readonly number[]): boolean {
  return (
    shape.length === wanted.length &&
    wanted.every((dimension, axis) => dimension === -1 || dimension === shape[axis])
  );
}

/** The values of a row in the dimensions of the graph: a vector may stand for a matrix of one column. */
function graphShape(shape: readonly number[], input: TensorSignature, name: string): readonly number[] {
  if (fits(shape, input.shape)) return shape;
  const row = shape.slice(1).reduce((size, dimension) => size * dimension, 1);
  const wanted = input.shape.slice(1).reduce((size, dimension) => size * dimension, 1);
  if (wanted < 0 || row !== wanted) {
    throw invalidRequest(
      `the shape of the input ${name} is [${shape.join(', ')}]; the graph takes [${input.shape.join(', ')}]`,
    );
  }
  return [shape[0] ?? 0, ...input.shape.slice(1)];
}
