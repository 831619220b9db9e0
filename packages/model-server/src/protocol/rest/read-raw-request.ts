import { inferenceError, invalidRequest } from '../../inference-error.ts';
import type { InferRequest } from '../infer-request.ts';
import { elementSize } from '../tensor.ts';
import { bytesToData } from './binary-tensors.ts';
import type { ModelCall } from './wire.ts';

/**
 * Reads a body that is nothing but the bytes of one row of the only input: the raw mode of the binary tensor extension, which
 * a header length of 0 asks for. A text is the whole body. Throws INVALID_INFERENCE_REQUEST.
 */
export function readRawRequest(body: Buffer, { endpoint }: Pick<ModelCall, 'endpoint'>): InferRequest {
  const signature = endpoint.reading?.signature;
  if (signature === undefined) throw inferenceError('MODEL_NOT_READY', { model: endpoint.document.name });
  const [input, second] = signature.inputs;
  if (input === undefined || second !== undefined)
    throw invalidRequest('a raw body is the only input of a model, and this one has several');
  const { name, datatype } = input;
  const parameters = {};
  if (datatype === 'BYTES') {
    const texts = { name, datatype, shape: input.shape.map(() => 1), data: [body.toString('utf8')] };
    return { inputs: [texts], parameters, binaryOutputs: true };
  }
  const open = input.shape.slice(1).filter((dimension) => dimension === -1).length;
  const known = input.shape
    .slice(1)
    .reduce((size, dimension) => (dimension === -1 ? size : size * dimension), 1);
  const count = body.length / elementSize[datatype];
  if (open > 1 || !Number.isInteger(count / known) || (open === 0 && count !== known))
    throw invalidRequest(
      `the raw body has ${body.length} bytes, which are no row of the shape [${input.shape}]`,
    );
  const shape = input.shape.map((dimension, axis) =>
    axis === 0 ? 1 : dimension === -1 ? count / known : dimension,
  );
  return {
    inputs: [{ name, shape, ...bytesToData(name, datatype, count, body) }],
    parameters,
    binaryOutputs: true,
  };
}
