import type { Datatype } from '@esteira/contracts';
import { invalidRequest } from '../inference-error.ts';

/** A typed tensor, row-major. BYTES elements are UTF-8 texts. */
export type Tensor = {
  readonly name: string;
  readonly shape: readonly number[];
  /** The rows as they were sent, where they are known; whoever changes the data leaves this out. */
  readonly rowsAsJson?: RowsAsJson;
} & TensorData;

/** The JSON text of each row's elements with the commas between them, in the bytes of a request. */
export interface RowsAsJson {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

export type TensorData =
  | { readonly datatype: 'FP32'; readonly data: Float32Array }
  | { readonly datatype: 'FP64'; readonly data: Float64Array }
  | { readonly datatype: 'INT64'; readonly data: BigInt64Array }
  | { readonly datatype: 'INT32'; readonly data: Int32Array }
  | { readonly datatype: 'BOOL'; readonly data: Uint8Array }
  | { readonly datatype: 'BYTES'; readonly data: string[] };

/** Every datatype the protocol knows, to tell an unknown one from one that no model here takes. */
const protocolDatatypes = new Set([
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BF16',
  'BYTES',
]);

const carried: ReadonlySet<string> = new Set(['BOOL', 'INT32', 'INT64', 'FP32', 'FP64', 'BYTES']);

/** Bytes per element; 0 where it varies. */
export const elementSize: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  INT32: 4,
  INT64: 8,
  FP32: 4,
  FP64: 8,
  BYTES: 0,
};

/** Checks the name of a datatype. */
export function parseDatatype(name: string, datatype: unknown): Datatype {
  if (typeof datatype !== 'string' || !protocolDatatypes.has(datatype)) {
    throw invalidRequest(`the input ${name} has the unknown datatype ${String(datatype)}`);
  }
  if (!carried.has(datatype)) {
    throw invalidRequest(
      `the input ${name} has the datatype ${datatype}; send FP32, FP64, INT32, INT64, BOOL or BYTES`,
    );
  }
  return datatype as Datatype;
}

/** Checks a shape and returns the number of its elements. */
export function countElements(name: string, shape: readonly unknown[]): number {
  if (shape.length === 0) throw invalidRequest(`the input ${name} has an empty shape`);
  let count = 1;
  for (const dimension of shape) {
    if (typeof dimension !== 'number' || !Number.isInteger(dimension) || dimension < 0) {
      throw invalidRequest(
        `the shape of ${name} has the dimension ${String(dimension)}; a request gives every dimension`,
      );
    }
    count *= dimension;
  }
  if (!Number.isSafeInteger(count)) throw invalidRequest(`the shape of ${name} is too large`);
  return count;
}

/** Takes the given rows (first dimension) out of a tensor. */
export function takeRows(tensor: Tensor, rows: ArrayLike<number>): Tensor {
  const target = emptyTensor(tensor, rows.length);
  const width = rowWidth(tensor);
  for (let i = 0; i < rows.length; i++) copyRow(tensor, rows[i] ?? 0, target, i, width);
  return target;
}

/** A tensor of zeros (or empty texts) like the given one, with that many rows. */
export function emptyTensor(like: Omit<Tensor, 'data'>, rows: number): Tensor {
  const shape = [rows, ...like.shape.slice(1)];
  const size = rows * rowWidth(like);
  const { name } = like;
  switch (like.datatype) {
    case 'FP32':
      return { name, shape, datatype: 'FP32', data: new Float32Array(size) };
    case 'FP64':
      return { name, shape, datatype: 'FP64', data: new Float64Array(size) };
    case 'INT64':
      return { name, shape, datatype: 'INT64', data: new BigInt64Array(size) };
    case 'INT32':
      return { name, shape, datatype: 'INT32', data: new Int32Array(size) };
    case 'BOOL':
      return { name, shape, datatype: 'BOOL', data: new Uint8Array(size) };
    case 'BYTES':
      return { name, shape, datatype: 'BYTES', data: new Array<string>(size).fill('') };
  }
}

/** Copies one row between tensors of one datatype and `width` elements per row. */
export function copyRow(from: Tensor, fromRow: number, to: Tensor, toRow: number, width: number): void {
  for (let j = 0; j < width; j++) setElement(to, toRow * width + j, from.data[fromRow * width + j] ?? 0);
}

/** Sets an element, converted to the tensor's datatype. */
export function setElement(tensor: Tensor, index: number, value: number | bigint | string): void {
  if (tensor.datatype === 'INT64')
    tensor.data[index] = typeof value === 'bigint' ? value : BigInt(Math.trunc(Number(value)));
  else if (tensor.datatype === 'BYTES') tensor.data[index] = String(value);
  else tensor.data[index] = Number(value);
}

/** Elements per row. */
export function rowWidth(tensor: { readonly shape: readonly number[] }): number {
  let width = 1;
  for (let i = 1; i < tensor.shape.length; i++) width *= tensor.shape[i] ?? 0;
  return width;
}

/** An element as a number; a text is NaN. */
export function numberAt(tensor: Tensor, index: number): number {
  const value = tensor.data[index];
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : Number.NaN;
}
