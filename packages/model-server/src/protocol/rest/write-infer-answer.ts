import type { InferAnswer, InferRequest } from '../infer-request.ts';
import type { Tensor } from '../tensor.ts';
import { dataToBytes } from './binary-tensors.ts';

/** The body of an answer; `headerLength` is set when bytes of tensors follow the JSON. */
export interface WrittenAnswer {
  readonly body: string | Buffer;
  readonly headerLength: number | undefined;
}

/** Writes an answer as JSON, with the tensors that the request asked for in binary behind it. */
export function writeInferAnswer(answer: InferAnswer, request: InferRequest): WrittenAnswer {
  const binary: Buffer[] = [];
  let outputs = '';
  for (const tensor of answer.outputs) {
    outputs += outputs === '' ? '{' : ',{';
    outputs += `"name":${JSON.stringify(tensor.name)},"shape":[${tensor.shape.join(',')}],"datatype":"${tensor.datatype}",`;
    if (isBinary(tensor.name, request)) {
      const bytes = dataToBytes(tensor);
      binary.push(bytes);
      outputs += `"parameters":{"binary_data_size":${bytes.length}}}`;
    } else {
      outputs += `"data":${dataToJson(tensor)}}`;
    }
  }
  const version = answer.version === undefined ? '' : `"model_version":${JSON.stringify(answer.version)},`;
  const id = answer.id === undefined ? '' : `"id":${JSON.stringify(answer.id)},`;
  const parameters = JSON.stringify(answer.parameters);
  const json = `{"model_name":${JSON.stringify(answer.model)},${version}${id}"parameters":${parameters},"outputs":[${outputs}]}`;
  if (binary.length === 0) return { body: json, headerLength: undefined };
  const header = Buffer.from(json);
  return { body: Buffer.concat([header, ...binary]), headerLength: header.length };
}

function isBinary(name: string, { outputs, binaryOutputs }: InferRequest): boolean {
  return outputs?.findLast((output) => output.name === name)?.binary ?? binaryOutputs;
}

function dataToJson(tensor: Tensor): string {
  switch (tensor.datatype) {
    case 'BYTES':
      return JSON.stringify(tensor.data);
    case 'BOOL':
      return `[${Array.from(tensor.data, (value) => (value === 0 ? 'false' : 'true')).join(',')}]`;
    case 'FP16':
    case 'FP32':
    case 'FP64':
      return JSON.stringify(toArray(tensor.data));
    default:
      return `[${tensor.data.join(',')}]`;
  }
}

/** Takes a fifth of the time of `Array.from`, which iterates. */
function toArray(values: ArrayLike<number>): number[] {
  const array: number[] = [];
  for (let i = 0; i < values.length; i++) array.push(values[i] ?? 0);
  return array;
}
