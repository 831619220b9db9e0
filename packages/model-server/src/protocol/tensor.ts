import type { Datatype } from '@esteira/contracts';
import { invalidRequest } from '../inference-error.ts';
import { describeValue } from './describe-value.ts';

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
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

export type TensorData =
  | { readonly datatype: 'FP16'; readonly data: Float16Array }
  | { readonly datatype: 'FP32'; readonly data: Float32Array }
  | { readonly datatype: 'FP64'; readonly data: Float64Array }
  | { readonly datatype: 'INT64'; readonly data: BigInt64Array }
  | { readonly datatype: 'UINT64'; readonly data: BigUint64Array }
  | { readonly datatype: 'INT32'; readonly data: Int32Array }
  | { readonly datatype: 'UINT32'; readonly data: Uint32Array }
  | { readonly datatype: 'INT16'; readonly data: Int16Array }
  | { readonly datatype: 'UINT16'; readonly data: Uint16Array }
  | { readonly datatype: 'INT8'; readonly data: Int8Array }
  | { readonly datatype: 'UINT8'; readonly data: Uint8Array }
  | { readonly datatype: 'BOOL'; readonly data: Uint8Array }
  | { readonly datatype: 'BYTES'; readonly data: string[] };

/** Bytes per element; 0 where it varies. */
export const elementSize: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: 0,
};

/** The least and the greatest of whole numbers by their datatype; undefined for any other. */
export function integerRange(datatype: Datatype): readonly [bigint, bigint] | undefined {
  const [, unsigned, bits] = /^(U?)INT([0-9]+)$/.exec(datatype) ?? [];
  if (bits === undefined) return undefined;
  const all = 1n << BigInt(bits);
  return unsigned === 'U' ? [0n, all - 1n] : [-all / 2n, all / 2n - 1n];
}

/** The elements that little-endian bytes hold, in the memory that they are in. */
export function numbersOf(datatype: Exclude<Datatype, 'BYTES'>, bytes: ArrayBuffer): TensorData {
  switch (datatype) {
    case 'FP16':
      return { datatype, data: new Float16Array(bytes) };
    case 'FP32':
      return { datatype, data: new Float32Array(bytes) };
    case 'FP64':
      return { datatype, data: new Float64Array(bytes) };
    case 'INT64':
      return { datatype, data: new BigInt64Array(bytes) };
    case 'UINT64':
      return { datatype, data: new BigUint64Array(bytes) };
    case 'INT32':
      return { datatype, data: new Int32Array(bytes) };
    case 'UINT32':
      return { datatype, data: new Uint32Array(bytes) };
    case 'INT16':
      return { datatype, data: new Int16Array(bytes) };
    case 'UINT16':
      return { datatype, data: new Uint16Array(bytes) };
    case 'INT8':
      return { datatype, data: new Int8Array(bytes) };
    case 'UINT8':
    case 'BOOL':
      return { datatype, data: new Uint8Array(bytes) };
  }
}

/** Checks the name of a datatype. */
export function parseDatatype(name: string, datatype: unknown): Datatype {
  if (typeof datatype === 'string' && Object.hasOwn(elementSize, datatype)) return datatype as Datatype;
  throw invalidRequest(
    `the input ${name} has the unknown datatype ${typeof datatype === 'string' ? datatype.slice(0, 40) : describeValue(datatype)}`,
  );
}

/** Checks a shape and returns the number of its elements. */
export function countElements(name: string, shape: readonly unknown[]): number {
  if (shape.length === 0) throw invalidRequest(`the input ${name} has an empty shape`);
  let count = 1;
  for (const dimension of shape) {
    if (typeof dimension !== 'number' || !Number.isInteger(dimension) || dimension < 0) {
      throw invalidRequest(
        `the shape of ${name} has the dimension ${describeValue(dimension)}; a request gives every dimension`,
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
  const { name, datatype } = like;
  if (datatype === 'BYTES') return { name, shape, datatype, data: new Array<string>(size).fill('') };
  return { name, shape, ...numbersOf(datatype, new ArrayBuffer(size * elementSize[datatype])) };
}

/** Copies one row between tensors of one datatype and `width` elements per row. */
export function copyRow(from: Tensor, fromRow: number, to: Tensor, toRow: number, width: number): void {
  for (let j = 0; j < width; j++) setElement(to, toRow * width + j, from.data[fromRow * width + j] ?? 0);
}

/** Sets an element, converted to the tensor's datatype. */
export function setElement(tensor: Tensor, index: number, value: number | bigint | string): void {
  if (tensor.datatype === 'INT64' || tensor.datatype === 'UINT64')
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
