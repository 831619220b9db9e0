import type { Tensor } from '../tensor.ts';

/** How a number that JSON has no word for is written. */
type NonFinite = 'null' | 'token';

/** The values of a tensor as nested lists, row-major. */
export function tensorToJson(tensor: Tensor, nonFinite: NonFinite = 'null'): string {
  return listsToJson(tensor, 0, tensor.shape, nonFinite);
}

/** One row of a tensor: a value where a row has one place alone, else lists. */
export function rowToJson(tensor: Tensor, row: number): string {
  return tensor.shape.length === 2 && tensor.shape[1] === 1
    ? elementToJson(tensor, row, 'null')
    : exactRowToJson(tensor, row, 'null');
}

/** One row of a tensor in all its dimensions. */
export function exactRowToJson(tensor: Tensor, row: number, nonFinite: NonFinite): string {
  const inner = tensor.shape.slice(1);
  if (inner.length === 0) return elementToJson(tensor, row, nonFinite);
  const width = inner.reduce((size, dimension) => size * dimension, 1);
  return listsToJson(tensor, row * width, inner, nonFinite);
}

/** One object per row, with every output by its name. */
export function recordsToJson(
  outputs: readonly Tensor[],
  toJson: (output: Tensor, row: number) => string = rowToJson,
): string {
  let text = '';
  for (let row = 0; row < (outputs[0]?.shape[0] ?? 0); row++)
    text += `${row === 0 ? '' : ','}${recordToJson(outputs, row, toJson)}`;
  return `[${text}]`;
}

/** One row as an object with every output by its name. */
export function recordToJson(
  outputs: readonly Tensor[],
  row: number,
  toJson: (output: Tensor, row: number) => string = rowToJson,
): string {
  let text = '{';
  for (const [position, output] of outputs.entries())
    text += `${position === 0 ? '' : ','}${JSON.stringify(output.name)}:${toJson(output, row)}`;
  return `${text}}`;
}

function listsToJson(tensor: Tensor, from: number, shape: readonly number[], nonFinite: NonFinite): string {
  const [length = 0, ...inner] = shape;
  const step = inner.reduce((size, dimension) => size * dimension, 1);
  let text = '[';
  for (let i = 0; i < length; i++) {
    if (i > 0) text += ',';
    text +=
      inner.length === 0
        ? elementToJson(tensor, from + i, nonFinite)
        : listsToJson(tensor, from + i * step, inner, nonFinite);
  }
  return `${text}]`;
}

function elementToJson(tensor: Tensor, index: number, nonFinite: NonFinite): string {
  if (tensor.datatype === 'BYTES') return JSON.stringify(tensor.data[index] ?? '');
  if (tensor.datatype === 'BOOL') return tensor.data[index] === 0 ? 'false' : 'true';
  const value = tensor.data[index] ?? 0;
  if (typeof value === 'bigint' || Number.isFinite(value)) return String(value);
  return nonFinite === 'null' ? 'null' : String(value);
}
