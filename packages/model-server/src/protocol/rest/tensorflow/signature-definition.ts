import type { Datatype, TensorSignature } from '@esteira/contracts';
import type { EndpointState } from '../../../engine/endpoint-state.ts';
import { inferenceError } from '../../../inference-error.ts';

/** The names of TensorFlow's data types. */
const tensorflowTypes: Readonly<Record<Datatype, string>> = {
  BOOL: 'DT_BOOL',
  UINT8: 'DT_UINT8',
  UINT16: 'DT_UINT16',
  UINT32: 'DT_UINT32',
  UINT64: 'DT_UINT64',
  INT8: 'DT_INT8',
  INT16: 'DT_INT16',
  FP16: 'DT_HALF',
  INT32: 'DT_INT32',
  INT64: 'DT_INT64',
  FP32: 'DT_FLOAT',
  FP64: 'DT_DOUBLE',
  BYTES: 'DT_STRING',
};

/** The inputs and outputs of an endpoint as a SignatureDef; int64 sizes are texts, as JSON of protobuf has them. */
export function signatureDefinition(endpoint: EndpointState): object {
  const signature = endpoint.reading?.signature;
  if (signature === undefined) throw inferenceError('MODEL_NOT_READY', { model: endpoint.document.name });
  return {
    serving_default: {
      inputs: describe(signature.inputs),
      outputs: describe(signature.outputs),
      method_name: 'tensorflow/serving/predict',
    },
  };
}

function describe(tensors: readonly TensorSignature[]): object {
  return Object.fromEntries(
    tensors.map(({ name, datatype, shape }) => [
      name,
      {
        dtype: tensorflowTypes[datatype],
        tensor_shape: {
          dim: shape.map((size) => ({ size: String(size), name: '' })),
          unknown_rank: false,
        },
        name: `${name}:0`,
      },
    ]),
  );
}
