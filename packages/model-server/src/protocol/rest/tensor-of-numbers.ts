import { roomForFloats } from '../shared-floats.ts';
import type { RowsAsJson, Tensor } from '../tensor.ts';
import type { ScannedNumbers } from './number-scanner.ts';

/**
 * The tensor of as many scanned numbers as its shape counts, with the texts of its rows. Undefined where a number is not
 * finite in the datatype.
 */
export function tensorOfNumbers(
  { name, shape, datatype }: { name: string; shape: readonly number[]; datatype: 'FP32' | 'FP64' },
  numbers: Omit<ScannedNumbers, 'end'>,
  bytes: Buffer,
): Tensor | undefined {
  const rowsAsJson = rowTexts(shape[0] ?? 0, numbers, bytes);
  if (datatype === 'FP64') {
    const data = numbers.values.slice(0, numbers.count);
    return hasInfinite(data) ? undefined : { name, shape, datatype, data, rowsAsJson };
  }
  const data = roomForFloats(numbers.count);
  for (let i = 0; i < data.length; i++) data[i] = numbers.values[i] ?? 0;
  return hasInfinite(data) ? undefined : { name, shape, datatype, data, rowsAsJson };
}

function rowTexts(rows: number, numbers: Omit<ScannedNumbers, 'end'>, bytes: Buffer): RowsAsJson {
  const width = numbers.count / rows;
  const starts: number[] = [];
  const ends: number[] = [];
  for (let row = 0; row < rows; row++) {
    starts.push(numbers.starts[row * width] ?? 0);
    ends.push(numbers.ends[(row + 1) * width - 1] ?? 0);
  }
  return { bytes, starts, ends };
}

function hasInfinite(values: Float32Array | Float64Array): boolean {
  for (let i = 0; i < values.length; i++)
    if (values[i] === Number.POSITIVE_INFINITY || values[i] === Number.NEGATIVE_INFINITY) return true;
  return false;
}
