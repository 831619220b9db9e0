import type { Datatype } from '@esteira/contracts';
import { invalidRequest } from '../../inference-error.ts';
import type { InferAnswer, InferRequest } from '../infer-request.ts';
import { bytesToData, dataToBytes } from '../rest/binary-tensors.ts';
import { countElements, parseDatatype, type Tensor, type TensorData } from '../tensor.ts';

/** A 64-bit integer as the loader gives it: text, because a double would round it. */
type Int64 = string;

interface TensorContents {
  readonly bool_contents?: readonly boolean[];
  readonly int_contents?: readonly number[];
  readonly int64_contents?: readonly Int64[];
  readonly fp32_contents?: readonly number[];
  readonly fp64_contents?: readonly number[];
  readonly bytes_contents?: readonly Uint8Array[];
}

interface Parameter {
  readonly bool_param?: boolean;
  readonly int64_param?: Int64;
  readonly string_param?: string;
  readonly double_param?: number;
  readonly uint64_param?: Int64;
}

/** `ModelInferRequest` as the loader decodes it. */
export interface InferMessage {
  readonly model_name?: string;
  readonly model_version?: string;
  readonly id?: string;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly inputs?: readonly {
    readonly name?: string;
    readonly datatype?: string;
    readonly shape?: readonly Int64[];
    readonly contents?: TensorContents | null;
  }[];
  readonly outputs?: readonly { readonly name?: string }[];
  readonly raw_input_contents?: readonly Uint8Array[];
}

/** Reads a request: all tensors typed, or all of them raw. Throws INVALID_INFERENCE_REQUEST. */
export function readInferMessage(message: InferMessage): InferRequest {
  const inputs = message.inputs ?? [];
  const raw = message.raw_input_contents ?? [];
  if (inputs.length === 0) throw invalidRequest('it has no inputs');
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw invalidRequest(`it has ${raw.length} raw contents for ${inputs.length} inputs`);
  }
  const tensors = inputs.map((input, position): Tensor => {
    const name = input.name ?? '';
    if (name === '') throw invalidRequest('an input has no name');
    const datatype = parseDatatype(name, input.datatype);
    const shape = (input.shape ?? []).map(Number);
    const count = countElements(name, shape);
    const bytes = raw[position];
    const typed = input.contents ?? undefined;
    if (bytes === undefined) return { name, shape, ...readContents(name, datatype, count, typed ?? {}) };
    if (typed !== undefined && Object.values(typed).some((values) => values.length > 0)) {
      throw invalidRequest(`the input ${name} has both typed and raw contents`);
    }
    return { name, shape, ...bytesToData(name, datatype, count, bytes) };
  });
  const outputs = message.outputs ?? [];
  return {
    inputs: tensors,
    parameters: readParameters(message.parameters ?? {}),
    binaryOutputs: raw.length > 0,
    ...(message.id === undefined || message.id === '' ? {} : { id: message.id }),
    ...(outputs.length === 0 ? {} : { outputs: outputs.map((output) => ({ name: output.name ?? '' })) }),
  };
}

/** Writes an answer, raw where the request was raw. */
export function writeInferMessage(answer: InferAnswer, raw: boolean): object {
  const parameters: Record<string, Parameter> = {};
  for (const [name, value] of Object.entries(answer.parameters)) {
    if (typeof value === 'boolean') parameters[name] = { bool_param: value };
    else parameters[name] = typeof value === 'number' ? { double_param: value } : { string_param: value };
  }
  return {
    model_name: answer.model,
    model_version: answer.version ?? '',
    id: answer.id ?? '',
    parameters,
    outputs: answer.outputs.map((tensor) => ({
      name: tensor.name,
      datatype: tensor.datatype,
      shape: tensor.shape.map(String),
      ...(raw ? {} : { contents: writeContents(tensor) }),
    })),
    raw_output_contents: raw ? answer.outputs.map(dataToBytes) : [],
  };
}

function readContents(name: string, datatype: Datatype, count: number, contents: TensorContents): TensorData {
  const checked = <T>(values: readonly T[] | undefined): readonly T[] => {
    const given = values ?? [];
    if (given.length === count) return given;
    throw invalidRequest(
      `the shape of ${name} asks for ${count} elements, its ${datatype} contents have ${given.length}`,
    );
  };
  switch (datatype) {
    case 'FP32':
      return { datatype, data: finite(name, Float32Array.from(checked(contents.fp32_contents))) };
    case 'FP64':
      return { datatype, data: finite(name, Float64Array.from(checked(contents.fp64_contents))) };
    case 'INT64':
      return { datatype, data: BigInt64Array.from(checked(contents.int64_contents), BigInt) };
    case 'INT32':
      return { datatype, data: Int32Array.from(checked(contents.int_contents)) };
    case 'BOOL':
      return { datatype, data: Uint8Array.from(checked(contents.bool_contents), Number) };
    case 'BYTES':
      return {
        datatype,
        data: checked(contents.bytes_contents).map((bytes) => Buffer.from(bytes).toString('utf8')),
      };
  }
}

function finite<T extends Float32Array | Float64Array>(name: string, data: T): T {
  for (const [index, value] of data.entries()) {
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      throw invalidRequest(`the input ${name} has a value at ${index} that is not finite`);
    }
  }
  return data;
}

function writeContents(tensor: Tensor): TensorContents {
  switch (tensor.datatype) {
    case 'FP32':
      return { fp32_contents: Array.from(tensor.data) };
    case 'FP64':
      return { fp64_contents: Array.from(tensor.data) };
    case 'INT64':
      return { int64_contents: Array.from(tensor.data, String) };
    case 'INT32':
      return { int_contents: Array.from(tensor.data) };
    case 'BOOL':
      return { bool_contents: Array.from(tensor.data, Boolean) };
    case 'BYTES':
      return { bytes_contents: tensor.data.map((text) => Buffer.from(text, 'utf8')) };
  }
}

/** Numbers arrive as whichever of the choices the client took. */
function readParameters(parameters: Readonly<Record<string, Parameter>>): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const whole = value.int64_param ?? value.uint64_param;
    read[name] =
      whole === undefined ? (value.string_param ?? value.double_param ?? value.bool_param) : toNumber(whole);
  }
  return read;
}

/** A number where it is exact, else the integer itself. */
function toNumber(text: Int64): number | bigint {
  return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
}
