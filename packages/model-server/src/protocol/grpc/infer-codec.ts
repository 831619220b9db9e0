import type { Datatype } from '@esteira/contracts';
import { invalidRequest } from '../../inference-error.ts';
import type { InferAnswer, InferRequest, RequestedOutput } from '../infer-request.ts';
import { bytesToData, dataToBytes } from '../rest/binary-tensors.ts';
import {
  countElements,
  elementSize,
  integerRange,
  numbersOf,
  parseDatatype,
  type Tensor,
  type TensorData,
} from '../tensor.ts';
import { type ProtoReader, readProto } from './proto-reader.ts';
import { createProtoWriter, type ProtoWriter } from './proto-writer.ts';

/** `ModelInferRequest` by its fields; the tensors are read later, when it is known who may ask. */
export interface InferMessage {
  readonly model: string;
  readonly version: string;
  /** Throws INVALID_INFERENCE_REQUEST. */
  read(): InferRequest;
}

/** Reads a `ModelInferRequest`: all tensors typed, or all of them raw. Throws INVALID_INFERENCE_REQUEST. */
export function readInferMessage(bytes: Buffer): InferMessage {
  const reader = readProto(bytes);
  let model = '';
  let version = '';
  let id = '';
  const parameters: Record<string, unknown> = {};
  const inputs: InputMessage[] = [];
  const outputs: RequestedOutput[] = [];
  const raw: Buffer[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) model = reader.text();
    else if (field === 2) version = reader.text();
    else if (field === 3) id = reader.text();
    else if (field === 4) readParameter(reader.message(), parameters);
    else if (field === 5) inputs.push(readInput(reader.message()));
    else if (field === 6) outputs.push({ name: readName(reader.message()) });
    else if (field === 7) raw.push(reader.bytes());
    else reader.skip();
  }
  return { model, version, read: () => toRequest(id, parameters, inputs, outputs, raw) };
}

/** A `ModelInferResponse`, raw where the request was raw, with `head` free bytes before it. */
export function writeInferMessage(answer: InferAnswer, raw: boolean, head: number): Buffer {
  const writer = createProtoWriter(head);
  writer.text(1, answer.model);
  writer.text(2, answer.version ?? '');
  writer.text(3, answer.id ?? '');
  for (const name in answer.parameters) {
    const value = answer.parameters[name];
    if (value === undefined) continue;
    const entry = writer.begin(4);
    writer.text(1, name);
    const parameter = writer.begin(2);
    writeParameter(writer, value);
    writer.end(parameter);
    writer.end(entry);
  }
  for (const tensor of answer.outputs) {
    const output = writer.begin(5);
    writer.text(1, tensor.name);
    writer.text(2, tensor.datatype);
    writer.packed(3, tensor.shape);
    if (!raw) {
      const contents = writer.begin(5);
      writeContents(writer, tensor);
      writer.end(contents);
    }
    writer.end(output);
  }
  if (raw) for (const tensor of answer.outputs) writer.bytes(6, dataToBytes(tensor));
  return writer.finish();
}

interface InputMessage {
  name: string;
  datatype: string;
  shape: number[];
  contents: Contents | undefined;
}

/** Typed contents; at most one list has elements in a valid request. Floats stay the bytes they are on the wire. */
interface Contents {
  bools: number[];
  ints: number[];
  longs: bigint[];
  uints: bigint[];
  ulongs: bigint[];
  floats: Buffer[];
  doubles: Buffer[];
  texts: string[];
  /** Elements of lists that no model here takes. */
  others: number;
}

function readInput(reader: ProtoReader): InputMessage {
  const input: InputMessage = { name: '', datatype: '', shape: [], contents: undefined };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) input.name = reader.text();
    else if (field === 2) input.datatype = reader.text();
    else if (field === 3) reader.varints(() => input.shape.push(reader.number()));
    else if (field === 5) {
      input.contents ??= noContents();
      readContents(reader.message(), input.contents);
    } else reader.skip();
  }
  return input;
}

function noContents(): Contents {
  return {
    bools: [],
    ints: [],
    longs: [],
    uints: [],
    ulongs: [],
    floats: [],
    doubles: [],
    texts: [],
    others: 0,
  };
}

function readContents(reader: ProtoReader, contents: Contents): void {
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 6) contents.floats.push(reader.fixed(4));
    else if (field === 7) contents.doubles.push(reader.fixed(8));
    else if (field === 8) contents.texts.push(reader.bytes().toString('utf8'));
    else if (field === 1) reader.varints(() => contents.bools.push(Number(reader.bool())));
    else if (field === 2) reader.varints(() => contents.ints.push(reader.number()));
    else if (field === 3) reader.varints(() => contents.longs.push(reader.int64()));
    else if (field === 4) reader.varints(() => contents.uints.push(reader.uint64()));
    else if (field === 5) reader.varints(() => contents.ulongs.push(reader.uint64()));
    else {
      reader.skip();
      contents.others += 1;
    }
  }
}

function readParameter(reader: ProtoReader, parameters: Record<string, unknown>): void {
  let name = '';
  let value: unknown;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else if (field === 2) value = readChoice(reader.message());
    else reader.skip();
  }
  Object.defineProperty(parameters, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Numbers arrive as whichever of the choices the client took. */
function readChoice(reader: ProtoReader): unknown {
  let value: unknown;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) value = reader.bool();
    else if (field === 2) value = exactNumber(reader.int64());
    else if (field === 3) value = reader.text();
    else if (field === 4) value = reader.double();
    else if (field === 5) value = exactNumber(reader.uint64());
    else reader.skip();
  }
  return value;
}

/** A number where it is exact, else the integer itself. */
function exactNumber(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function readName(reader: ProtoReader): string {
  let name = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else reader.skip();
  }
  return name;
}

function toRequest(
  id: string,
  parameters: Readonly<Record<string, unknown>>,
  inputs: readonly InputMessage[],
  outputs: readonly RequestedOutput[],
  raw: readonly Buffer[],
): InferRequest {
  const [first] = inputs;
  if (first === undefined) throw invalidRequest('it has no inputs');
  if (raw.length > 0 && raw.length !== inputs.length)
    throw invalidRequest(`it has ${raw.length} raw contents for ${inputs.length} inputs`);
  const tensors =
    inputs.length === 1
      ? [toTensor(first, raw[0])]
      : inputs.map((input, position) => toTensor(input, raw[position]));
  const request = { inputs: tensors, parameters, binaryOutputs: raw.length > 0 };
  if (id === '' && outputs.length === 0) return request;
  return { ...request, ...(id === '' ? {} : { id }), ...(outputs.length === 0 ? {} : { outputs }) };
}

function toTensor({ name, datatype: given, shape, contents }: InputMessage, raw: Buffer | undefined): Tensor {
  if (name === '') throw invalidRequest('an input has no name');
  const datatype = parseDatatype(name, given);
  const count = countElements(name, shape);
  if (raw === undefined) return tensorOf(name, shape, readTyped(name, datatype, count, contents));
  if (contents !== undefined && elementsOf(contents) > 0)
    throw invalidRequest(`the input ${name} has both typed and raw contents`);
  return tensorOf(name, shape, bytesToData(name, datatype, count, raw));
}

/** A spread of what nearly all tensors are takes several times as long. */
function tensorOf(name: string, shape: readonly number[], data: TensorData): Tensor {
  if (data.datatype === 'FP32') return { name, shape, datatype: 'FP32', data: data.data };
  return { name, shape, ...data };
}

function elementsOf(contents: Contents): number {
  const { bools, ints, longs, uints, ulongs, floats, doubles, texts, others } = contents;
  const lists = [bools, ints, longs, uints, ulongs, floats, doubles, texts];
  return lists.reduce((sum, list) => sum + list.length, others);
}

function readTyped(
  name: string,
  datatype: Datatype,
  count: number,
  contents: Contents | undefined,
): TensorData {
  const given = (found: number): void => {
    if (found === count) return;
    throw invalidRequest(
      `the shape of ${name} asks for ${count} elements, its ${datatype} contents have ${found}`,
    );
  };
  switch (datatype) {
    case 'FP32':
    case 'FP64': {
      const runs = (datatype === 'FP32' ? contents?.floats : contents?.doubles) ?? [];
      const [only = Buffer.alloc(0)] = runs;
      const bytes = runs.length <= 1 ? only : Buffer.concat(runs);
      given(bytes.length / (datatype === 'FP32' ? 4 : 8));
      return bytesToData(name, datatype, count, bytes);
    }
    case 'INT64':
      given(contents?.longs.length ?? 0);
      return { datatype, data: BigInt64Array.from(contents?.longs ?? []) };
    case 'UINT64':
      given(contents?.ulongs.length ?? 0);
      return { datatype, data: BigUint64Array.from(contents?.ulongs ?? []) };
    case 'INT32':
    case 'INT16':
    case 'INT8':
      given(contents?.ints.length ?? 0);
      return wholeNumbers(name, datatype, contents?.ints ?? []);
    case 'UINT32':
    case 'UINT16':
    case 'UINT8':
      given(contents?.uints.length ?? 0);
      return wholeNumbers(name, datatype, contents?.uints ?? []);
    case 'FP16':
      throw invalidRequest(`the input ${name} has the datatype FP16, which has raw contents alone`);
    case 'BOOL':
      given(contents?.bools.length ?? 0);
      return { datatype, data: Uint8Array.from(contents?.bools ?? []) };
    case 'BYTES':
      given(contents?.texts.length ?? 0);
      return { datatype, data: contents?.texts ?? [] };
  }
}

/** Small integers come in lists of wider ones. */
function wholeNumbers(
  name: string,
  datatype: Exclude<Datatype, 'BYTES'>,
  values: readonly (number | bigint)[],
): TensorData {
  const [least, greatest] = integerRange(datatype) ?? [0n, 0n];
  const tensor = numbersOf(datatype, new ArrayBuffer(values.length * elementSize[datatype]));
  const data = tensor.data as { [index: number]: number | bigint };
  for (const [index, value] of values.entries()) {
    if (value < least || value > greatest)
      throw invalidRequest(`the input ${name} has ${value} at ${index}, which is no ${datatype}`);
    data[index] = Number(value);
  }
  return tensor;
}

function writeParameter(writer: ProtoWriter, value: string | boolean | number): void {
  if (typeof value === 'boolean') writer.choice(1, value);
  else if (typeof value === 'number') writer.double(4, value);
  else writer.choiceText(3, value);
}

function writeContents(writer: ProtoWriter, tensor: Tensor): void {
  switch (tensor.datatype) {
    case 'FP32':
      writer.bytes(6, dataToBytes(tensor));
      break;
    case 'FP64':
      writer.bytes(7, dataToBytes(tensor));
      break;
    case 'INT64':
      writer.packed(3, tensor.data);
      break;
    case 'INT32':
    case 'INT16':
    case 'INT8':
      writer.packed(2, tensor.data);
      break;
    case 'UINT32':
    case 'UINT16':
    case 'UINT8':
      writer.packed(4, tensor.data);
      break;
    case 'UINT64':
      writer.packed(5, new BigInt64Array(tensor.data.slice().buffer));
      break;
    case 'FP16':
      // The protocol has no typed list for it; the numbers are the same as float32.
      writer.bytes(6, dataToBytes({ ...tensor, datatype: 'FP32', data: Float32Array.from(tensor.data) }));
      break;
    case 'BOOL':
      writer.packed(1, tensor.data);
      break;
    case 'BYTES':
      for (const text of tensor.data) writer.bytes(8, Buffer.from(text));
      break;
  }
}
