import type { CallTensor, ModelSignature, TensorSignature } from '@esteira/contracts';
import { inferenceError, invalidRequest } from '../../inference-error.ts';
import type { Tensor } from '../tensor.ts';
import type { ConvertOptions } from './convert-value.ts';
import { nestedToTensor } from './read-nested.ts';
import { isRecord, type Table } from './table.ts';

/** Tensors by name, each as nested lists with its rows first; without names where there is one tensor. */
export function tensorsOfInputs(
  signature: ModelSignature,
  tensors: readonly CallTensor[],
  value: unknown,
  options: ConvertOptions = {},
): readonly Tensor[] {
  const [only, second] = tensors;
  if (only === undefined) throw inferenceError('INTERNAL');
  if (!isRecord(value)) {
    if (second !== undefined) throw invalidRequest(`the model takes tensors by name: ${namesOf(tensors)}`);
    if (!Array.isArray(value)) throw invalidRequest('the input is not a list of rows');
    return [nestedToTensor(value, inputOf(signature, only), only, options)];
  }
  return tensors.map((tensor) => {
    const given = value[tensor.name ?? tensor.input];
    if (given === undefined)
      throw invalidRequest(`the request lacks the input ${tensor.name ?? tensor.input}`);
    return nestedToTensor(given, inputOf(signature, tensor), tensor, options);
  });
}

/** The same with one object of tensors per row. */
export function tensorsOfRecords(
  signature: ModelSignature,
  tensors: readonly CallTensor[],
  records: readonly Readonly<Record<string, unknown>>[],
  options: ConvertOptions = {},
): readonly Tensor[] {
  const columns: Record<string, unknown[]> = {};
  for (const tensor of tensors) {
    const name = tensor.name ?? tensor.input;
    columns[name] = records.map((record, row) => {
      if (record[name] === undefined) throw invalidRequest(`row ${row} lacks the input ${name}`);
      return fitRank(record[name], tensor.shape.length - 1);
    });
  }
  return tensorsOfInputs(signature, tensors, columns, options);
}

/**
 * The same of a table: the columns of a matrix in the order in which they were sent, or one column per tensor, whose values
 * are lists of the row's elements.
 */
export function tensorsOfTable(
  signature: ModelSignature,
  tensors: readonly CallTensor[],
  table: Table,
): readonly Tensor[] {
  const [only] = tensors;
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  if (only?.name === null && table.names.length > 1) {
    const columns = table.names.map((name) => table.column(name) ?? (() => null));
    return tensorsOfInputs(
      signature,
      tensors,
      rows.map((row) => columns.map((read) => read(row))),
    );
  }
  return tensors.map((tensor) => {
    const name = tensor.name ?? table.names[0] ?? '';
    const read = table.column(name);
    if (read === undefined) throw invalidRequest(`the request lacks the column ${name}`);
    const values = rows.map((row) => unflatten(read(row), tensor.shape.slice(1)));
    return nestedToTensor(values, inputOf(signature, tensor), tensor);
  });
}

/** A value alone stands for a row of one element. */
function fitRank(value: unknown, rank: number): unknown {
  return rank === 1 && !Array.isArray(value) ? [value] : value;
}

/** A flat list in the shape of a row, where the row has more dimensions; anything else is left to be refused later. */
function unflatten(value: unknown, shape: readonly number[]): unknown {
  if (shape.length <= 1) return fitRank(value, shape.length);
  const [length = 0, ...inner] = shape;
  const step = inner.reduce((size, dimension) => size * dimension, 1);
  if (!Array.isArray(value) || step <= 0 || value.length !== length * step || Array.isArray(value[0]))
    return value;
  return Array.from({ length }, (_, i) => unflatten(value.slice(i * step, (i + 1) * step), inner));
}

function inputOf(signature: ModelSignature, tensor: CallTensor): TensorSignature {
  const input = signature.inputs.find((candidate) => candidate.name === tensor.input);
  if (input === undefined) throw inferenceError('INTERNAL');
  return input;
}

function namesOf(tensors: readonly CallTensor[]): string {
  return tensors.map((tensor) => tensor.name ?? tensor.input).join(', ');
}
