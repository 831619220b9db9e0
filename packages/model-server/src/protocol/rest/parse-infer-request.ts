import type { Datatype } from '@esteira/contracts';
import { invalidRequest } from '../../inference-error.ts';
import { describeValue } from '../describe-value.ts';
import type { InferRequest, RequestedOutput } from '../infer-request.ts';
import {
  countElements,
  elementSize,
  integerRange,
  numbersOf,
  parseDatatype,
  type Tensor,
  type TensorData,
} from '../tensor.ts';
import { type BinaryReader, createBinaryReader } from './binary-tensors.ts';
import { parseJsonBody, parseJsonText, requireUtf8 } from './parse-json.ts';
import { parseRemembered } from './remembered-json.ts';

/**
 * Reads the JSON body of an inference request, with the binary tensor extension when `headerLength` is given: the body
 * is that many bytes of JSON, then the tensors. Throws INVALID_INFERENCE_REQUEST.
 */
export function parseInferRequest(body: Buffer, headerLength: number | undefined): InferRequest {
  if (headerLength !== undefined && headerLength > body.length) {
    throw invalidRequest('Inference-Header-Content-Length is larger than the body');
  }
  const json = headerLength === undefined ? body : body.subarray(0, headerLength);
  const binary = createBinaryReader(headerLength === undefined ? undefined : body.subarray(headerLength));
  const document = headerLength === undefined ? parseJsonBody(json) : parseHeader(json);
  if (!isRecord(document)) throw invalidRequest('the body is not a JSON object');
  if (!Array.isArray(document.inputs) || document.inputs.length === 0) {
    throw invalidRequest('inputs is not a list with at least one tensor');
  }
  if (document.id !== undefined && typeof document.id !== 'string') throw invalidRequest('id is not a text');
  const parameters = parseParameters(document.parameters, 'parameters');
  const inputs: Tensor[] = [];
  for (const input of document.inputs) inputs.push(parseTensor(input, binary));
  binary.end();
  const outputs = parseOutputs(document.outputs);
  return {
    inputs,
    parameters,
    binaryOutputs: parameters.binary_data_output === true,
    ...(document.id === undefined ? {} : { id: document.id }),
    ...(outputs === undefined ? {} : { outputs }),
  };
}

/** A header names tensors of bytes: clients send the same few all day. */
function parseHeader(json: Buffer): unknown {
  requireUtf8(json);
  return parseRemembered(json.toString('utf8'), parseJsonText);
}

/** Reads a list of tensors that is all JSON. Throws INVALID_INFERENCE_REQUEST. */
export function parseTensors(list: unknown): readonly Tensor[] {
  if (!Array.isArray(list)) throw invalidRequest('there is no list of tensors');
  const none = createBinaryReader(undefined);
  return list.map((tensor) => parseTensor(tensor, none));
}

function parseTensor(input: unknown, binary: BinaryReader): Tensor {
  if (!isRecord(input) || typeof input.name !== 'string' || input.name === '') {
    throw invalidRequest('an input has no name');
  }
  const { name } = input;
  const datatype = parseDatatype(name, input.datatype);
  if (!Array.isArray(input.shape)) throw invalidRequest(`the input ${name} has no shape`);
  const count = countElements(name, input.shape);
  const shape = input.shape as number[];
  const size = parseParameters(input.parameters, `the parameters of ${name}`).binary_data_size;
  if (size !== undefined) {
    if (input.data !== undefined)
      throw invalidRequest(`the input ${name} has both data and binary_data_size`);
    return { name, shape, ...binary.read(name, datatype, count, size) };
  }
  if (!Array.isArray(input.data)) throw invalidRequest(`the input ${name} has no data`);
  const flat = Array.isArray(input.data[0]) ? flatten(name, input.data, shape) : input.data;
  if (flat.length !== count) {
    throw invalidRequest(`the shape of ${name} asks for ${count} elements, its data has ${flat.length}`);
  }
  return { name, shape, ...typedData(name, datatype, flat) };
}

function flatten(name: string, data: readonly unknown[], shape: readonly number[]): unknown[] {
  const flat: unknown[] = [];
  collect(data, 0);
  return flat;

  function collect(values: readonly unknown[], depth: number): void {
    if (values.length !== shape[depth]) {
      throw invalidRequest(
        `the nested data of ${name} does not fit its shape: ${values.length} elements at depth ${depth}`,
      );
    }
    if (depth === shape.length - 1) {
      for (const value of values) flat.push(value);
      return;
    }
    for (const value of values) {
      if (!Array.isArray(value))
        throw invalidRequest(`the nested data of ${name} is not nested as deep as its shape`);
      collect(value, depth + 1);
    }
  }
}

/** Null is a missing value: NaN here, refused later where the model does not know what to do without it. */
function typedData(name: string, datatype: Datatype, values: readonly unknown[]): TensorData {
  const wrong = (index: number): never => {
    throw invalidRequest(
      `the input ${name} has ${describeValue(values[index])} at ${index}, which is no ${datatype}`,
    );
  };
  if (datatype === 'BYTES') {
    const data: string[] = [];
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value === null) data.push('');
      else if (typeof value === 'string') data.push(value);
      else wrong(i);
    }
    return { datatype, data };
  }
  const tensor = numbersOf(datatype, new ArrayBuffer(values.length * elementSize[datatype]));
  const data = tensor.data as { [index: number]: number | bigint };
  const toElement = elementConverter(datatype);
  for (let i = 0; i < values.length; i++) {
    const element = toElement(values[i]);
    if (element === undefined) wrong(i);
    else data[i] = element;
    if (data[i] === Number.POSITIVE_INFINITY || data[i] === Number.NEGATIVE_INFINITY) wrong(i);
  }
  return tensor;
}

/** Undefined: the value is none of the datatype. */
function elementConverter(datatype: Datatype): (value: unknown) => number | bigint | undefined {
  if (datatype === 'BOOL') {
    return (value) =>
      value === true || value === false || value === 0 || value === 1 ? Number(value) : undefined;
  }
  const range = integerRange(datatype);
  if (range === undefined) {
    return (value) => {
      if (typeof value === 'number') return value;
      if (value === null) return Number.NaN;
      return typeof value === 'bigint' ? Number(value) : undefined;
    };
  }
  const [least, greatest] = range;
  const wide = datatype === 'INT64' || datatype === 'UINT64';
  return (value) => {
    const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
    if (!whole || value < least || value > greatest) return undefined;
    return wide ? BigInt(value) : Number(value);
  };
}

function parseOutputs(outputs: unknown): readonly RequestedOutput[] | undefined {
  if (outputs === undefined) return undefined;
  if (!Array.isArray(outputs)) throw invalidRequest('outputs is not a list');
  if (outputs.length === 0) return undefined;
  return outputs.map((output: unknown) => {
    if (!isRecord(output) || typeof output.name !== 'string') throw invalidRequest('an output has no name');
    const binary = parseParameters(output.parameters, `the parameters of ${output.name}`).binary_data;
    return { name: output.name, ...(typeof binary === 'boolean' ? { binary } : {}) };
  });
}

function parseParameters(parameters: unknown, what: string): Record<string, unknown> {
  if (parameters === undefined) return {};
  if (!isRecord(parameters)) throw invalidRequest(`${what} is not an object`);
  return parameters;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
