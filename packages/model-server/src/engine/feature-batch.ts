import type { ModelSignature, RequestPolicies, TensorSignature } from '@esteira/contracts';
import { inferenceError, invalidRequest } from '../inference-error.ts';
import {
  emptyTensor,
  integerRange,
  rowWidth,
  setElement,
  type Tensor,
  takeRows,
} from '../protocol/tensor.ts';
import { applyPolicies, type HandledRow } from './request-policies.ts';

/** The rows of a request in the shape that one model's graph takes. */
export interface FeatureBatch {
  readonly rows: number;
  /** By name of the graph input. */
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** What policies of the endpoint changed, by row; absent: nothing. */
  readonly handled?: ReadonlyMap<number, HandledRow>;
}

/**
 * Fits the tensors of a request to a signature. A tensor is either one whole input of the graph, or the column of one
 * feature (`[rows]` or `[rows, 1]`). Columns in `known` that this model does not use are passed over: another arm of the
 * endpoint does. Policies are applied before missing values are judged. Throws INVALID_INFERENCE_REQUEST naming the tensor, the column, or what is missing.
 */
export function toFeatureBatch(
  inputs: readonly Tensor[],
  signature: ModelSignature,
  known: ReadonlySet<string>,
  policies?: RequestPolicies,
): FeatureBatch {
  const rows = countRows(inputs);
  const feeds = new Map<string, Tensor>();
  refuseTwice(inputs);
  for (const tensor of inputs) {
    const graphInput = signature.inputs.find((input) => input.name === tensor.name);
    const whole = graphInput !== undefined && !isOtherNumber(tensor, graphInput, signature);
    if (whole) feeds.set(tensor.name, fitInput(tensor, graphInput, signature));
    else if (!signature.features.some((feature) => feature.name === tensor.name) && !known.has(tensor.name)) {
      throw invalidRequest(
        `the model knows no input or column ${tensor.name}; it takes ${namesOf(signature)}`,
      );
    }
  }
  let columns: ReadonlyMap<string, Tensor> | undefined;
  for (const input of signature.inputs) {
    if (feeds.has(input.name)) continue;
    columns ??= new Map(inputs.map((tensor) => [tensor.name, tensor]));
    feeds.set(input.name, joinColumns(input, signature, columns, rows));
  }
  const handled = policies && applyPolicies(feeds, signature, policies, rows);
  refuseMissing(feeds, signature, rows);
  return handled === undefined ? { rows, feeds } : { rows, feeds, handled };
}

function refuseTwice(inputs: readonly Tensor[]): void {
  if (inputs.length < 2) return;
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (names.has(name)) throw invalidRequest(`the input ${name} is given twice`);
    names.add(name);
  }
}

/** A column under the name of the input that it fills alone, in another type of number: it is converted as any column is. */
function isOtherNumber(tensor: Tensor, input: TensorSignature, signature: ModelSignature): boolean {
  if (tensor.datatype === input.datatype) return false;
  return signature.features.some((feature) => feature.name === tensor.name && feature.input === input.name);
}

/** The same rows in the same order, fewer of them. */
export function selectRows(batch: FeatureBatch, rows: ArrayLike<number>): FeatureBatch {
  const feeds = new Map<string, Tensor>();
  for (const [name, tensor] of batch.feeds) feeds.set(name, takeRows(tensor, rows));
  if (batch.handled === undefined) return { rows: rows.length, feeds };
  const handled = new Map<number, HandledRow>();
  for (let position = 0; position < rows.length; position++) {
    const row = batch.handled.get(rows[position] ?? 0);
    if (row !== undefined) handled.set(position, row);
  }
  return { rows: rows.length, feeds, handled };
}

/** The rows of a request: the first dimension, alike in every tensor. */
export function countRows(inputs: readonly Tensor[]): number {
  const first = inputs[0];
  const rows = first?.shape[0] ?? 0;
  for (const tensor of inputs) {
    if (tensor.shape[0] !== rows) {
      throw invalidRequest(
        `the input ${tensor.name} has ${tensor.shape[0]} rows by its shape, ${first?.name} has ${rows}`,
      );
    }
  }
  if (rows === 0) throw invalidRequest('the request has no rows');
  return rows;
}

function fitInput(tensor: Tensor, input: TensorSignature, signature: ModelSignature): Tensor {
  if (tensor.datatype !== input.datatype) {
    throw invalidRequest(
      `the input ${input.name} has the datatype ${tensor.datatype}; the model takes ${input.datatype}`,
    );
  }
  const oneColumn = input.shape.length === 2 && input.shape[1] === 1;
  if (oneColumn && tensor.shape.length === 1) return { ...tensor, shape: [tensor.shape[0] ?? 0, 1] };
  const fits =
    tensor.shape.length === input.shape.length &&
    input.shape.every(
      (dimension, axis) => axis === 0 || dimension === -1 || dimension === tensor.shape[axis],
    );
  if (!fits) {
    throw invalidRequest(
      `the input ${input.name} has the shape [${tensor.shape}]; the model takes [${input.shape}]`,
    );
  }
  const width = signature.features.filter((feature) => feature.input === input.name).length;
  if (rowWidth(tensor) < width)
    throw invalidRequest(`the shape of ${input.name} gives fewer than ${width} columns`);
  return tensor;
}

function joinColumns(
  input: TensorSignature,
  signature: ModelSignature,
  columns: ReadonlyMap<string, Tensor>,
  rows: number,
): Tensor {
  const features = signature.features.filter((feature) => feature.input === input.name);
  const shape = [
    rows,
    ...input.shape.slice(1).map((dimension) => (dimension === -1 ? features.length : dimension)),
  ];
  const joined = emptyTensor({ name: input.name, datatype: input.datatype, shape }, rows);
  const width = rowWidth(joined);
  const range = integerRange(input.datatype);
  const missing: string[] = [];
  for (const feature of features) {
    const column = columns.get(feature.name);
    if (column === undefined) {
      missing.push(feature.name);
      continue;
    }
    if (rowWidth(column) !== 1 || column.shape.length > 2) {
      throw invalidRequest(`the column ${feature.name} has the shape [${column.shape}]; send [-1] or [-1,1]`);
    }
    if ((column.datatype === 'BYTES') !== (feature.type === 'text')) {
      const wanted = feature.type === 'text' ? 'BYTES' : 'a number';
      throw invalidRequest(
        `the column ${feature.name} has the datatype ${column.datatype}; the model takes ${wanted}`,
      );
    }
    for (let row = 0; row < rows; row++) {
      const value = column.data[row] ?? 0;
      if (range !== undefined && !isWithin(value, range)) {
        throw invalidRequest(
          `the column ${feature.name} has ${value} in row ${row}; the model takes whole numbers of ${joined.datatype}`,
        );
      }
      setElement(joined, row * width + feature.index, value);
    }
    refuseOverflow(joined, feature.name, feature.index, width);
  }
  if (missing.length > 0) {
    throw invalidRequest(
      `the request lacks ${missing.slice(0, 10).join(', ')}: send the input ${input.name} or every column of it`,
    );
  }
  return joined;
}

function isWithin(value: number | bigint | string, [least, greatest]: readonly [bigint, bigint]): boolean {
  if (typeof value === 'string' || (typeof value === 'number' && !Number.isInteger(value))) return false;
  return value >= least && value <= greatest;
}

/** A double that is finite may be too large for the model's float32. */
function refuseOverflow(tensor: Tensor, name: string, index: number, width: number): void {
  if (tensor.datatype !== 'FP32') return;
  for (let at = index; at < tensor.data.length; at += width) {
    const value = tensor.data[at] ?? 0;
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      throw invalidRequest(`the column ${name} has a value that is not finite as FP32`);
    }
  }
}

function refuseMissing(feeds: ReadonlyMap<string, Tensor>, signature: ModelSignature, rows: number): void {
  let looked: string | undefined;
  let numbers: Float32Array | Float64Array | undefined;
  let width = 0;
  for (const feature of signature.features) {
    if (feature.missing) continue;
    if (feature.input !== looked) {
      const tensor = feeds.get(feature.input);
      if (tensor === undefined) throw inferenceError('INTERNAL');
      looked = feature.input;
      numbers = tensor.datatype === 'FP32' || tensor.datatype === 'FP64' ? tensor.data : undefined;
      width = rowWidth(tensor);
    }
    if (numbers === undefined) continue;
    for (let row = 0; row < rows; row++) {
      if (Number.isNaN(numbers[row * width + feature.index])) {
        throw invalidRequest(
          `the feature ${feature.name} is NaN or null in row ${row}; the model needs a finite value`,
        );
      }
    }
  }
}

function namesOf(signature: ModelSignature): string {
  const names = [
    ...signature.inputs.map((input) => input.name),
    ...signature.features.map((feature) => feature.name),
  ];
  const unique = [...new Set(names)];
  return unique.length > 40 ? `${unique.slice(0, 40).join(', ')}, …` : unique.join(', ');
}
