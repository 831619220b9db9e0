import { isUtf8 } from 'node:buffer';
import type { InferRequest } from '../infer-request.ts';
import type { Tensor } from '../tensor.ts';
import { arrayStart } from './array-start.ts';
import { createNumberScanner, type ScannedNumbers } from './number-scanner.ts';
import { parseRemembered } from './remembered-json.ts';
import { tensorOfNumbers } from './tensor-of-numbers.ts';

const scanner = createNumberScanner();
const dataKey = Buffer.from('"data"');
const backslash = 0x5c;
const longInteger = /[0-9]{16}/;
const noParameters: Readonly<Record<string, unknown>> = {};

/**
 * Reads the inference request that nearly everybody sends: tensors of floating-point numbers as plain arrays. The numbers
 * go from the bytes into typed arrays, and only the little text around them through the JSON parser. Undefined for every
 * other request, wrong ones included: the general reader says what it thinks of them.
 */
export function readNumericRequest(body: Buffer): InferRequest | undefined {
  const lifted: Lifted[] = [];
  let text = '';
  let from = 0;
  for (let found = body.indexOf(dataKey); found >= 0; found = body.indexOf(dataKey, from)) {
    if (body[found - 1] === backslash) return undefined;
    const start = arrayStart(body, found + dataKey.length);
    const last = lifted.pop();
    if (last !== undefined) lifted.push(copyOf(last));
    const numbers = start < 0 ? undefined : scanner.scan(body, start);
    if (numbers === undefined) return undefined;
    const around = textOf(body, from, start);
    if (around === undefined) return undefined;
    // The number of the array stands where the array stood.
    text += around + lifted.length;
    lifted.push(numbers);
    from = numbers.end;
  }
  const rest = textOf(body, from, body.length);
  if (lifted.length === 0 || rest === undefined) return undefined;
  text += rest;
  return longInteger.test(text) ? undefined : toRequest(parse(text), lifted, body);
}

type Lifted = Omit<ScannedNumbers, 'end'>;

/** A copy: the scanner uses its arrays again for the next array of the request. */
function copyOf({ values, starts, ends, count, rows, width }: Lifted): Lifted {
  return {
    values: values.slice(0, count),
    starts: starts.slice(0, count),
    ends: ends.slice(0, count),
    count,
    rows,
    width,
  };
}

function textOf(body: Buffer, from: number, to: number): string | undefined {
  return isUtf8(body.subarray(from, to)) ? body.toString('utf8', from, to) : undefined;
}

function parse(text: string): unknown {
  try {
    return parseRemembered(text, JSON.parse);
  } catch {
    return undefined;
  }
}

function toRequest(document: unknown, lifted: readonly Lifted[], body: Buffer): InferRequest | undefined {
  if (!isRecord(document)) return undefined;
  const { id, inputs, parameters, ...more } = document;
  if (!Array.isArray(inputs) || inputs.length !== lifted.length || hasKeys(more)) return undefined;
  if (id !== undefined && typeof id !== 'string') return undefined;
  if (parameters !== undefined && (!isRecord(parameters) || 'binary_data_output' in parameters))
    return undefined;
  const tensors: Tensor[] = [];
  for (const [position, input] of inputs.entries()) {
    const numbers = lifted[position];
    const tensor = numbers && toTensor(input, position, numbers, body);
    if (tensor === undefined) return undefined;
    tensors.push(tensor);
  }
  const read = { inputs: tensors, parameters: parameters ?? noParameters, binaryOutputs: false };
  return id === undefined ? read : { ...read, id };
}

function toTensor(input: unknown, position: number, numbers: Lifted, body: Buffer): Tensor | undefined {
  if (!isRecord(input)) return undefined;
  const { name, shape, datatype, data, ...more } = input;
  if (data !== position || typeof name !== 'string' || name === '' || hasKeys(more)) return undefined;
  if (!isShapeOf(shape, numbers)) return undefined;
  if (datatype !== 'FP32' && datatype !== 'FP64') return undefined;
  return tensorOfNumbers({ name, shape, datatype }, numbers, body);
}

/** The shape counts the numbers, and rows are as long as it says. */
function isShapeOf(shape: unknown, numbers: Lifted): shape is number[] {
  if (!Array.isArray(shape) || shape.length === 0) return false;
  let count = 1;
  for (const dimension of shape) {
    if (!Number.isInteger(dimension) || dimension < 1) return false;
    count *= dimension;
  }
  if (count !== numbers.count) return false;
  return (
    numbers.rows === 0 || (shape.length === 2 && shape[0] === numbers.rows && shape[1] === numbers.width)
  );
}

function hasKeys(record: object): boolean {
  for (const _ in record) return true;
  return false;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
