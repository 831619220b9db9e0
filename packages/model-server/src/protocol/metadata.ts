import { type EndpointState, predictorVersion } from '../engine/endpoint-state.ts';
import { inferenceError } from '../inference-error.ts';

export const serverMetadata = {
  name: 'esteira-model-server',
  version: '0.1.0',
  extensions: ['binary_tensor_data', 'statistics', 'model_repository'],
};

/** Metadata of an endpoint: its versions in traffic, and the tensors of its primary arm. */
export function modelMetadata(endpoint: EndpointState) {
  const { reading } = endpoint;
  if (reading === undefined) throw inferenceError('MODEL_NOT_READY', { model: endpoint.document.name });
  return {
    name: endpoint.document.name,
    versions: servedVersions(endpoint),
    platform: 'onnx_onnxv1',
    inputs: reading.signature.inputs,
    outputs: reading.signature.outputs,
  };
}

/** Throws SERVED_VERSION_NOT_FOUND unless an arm serves the version. */
export function requireVersion(endpoint: EndpointState, version: string): void {
  if (servedVersions(endpoint).includes(version)) return;
  throw inferenceError('SERVED_VERSION_NOT_FOUND', { model: endpoint.document.name, version });
}

/** Versions that take part in the traffic of an endpoint. */
export function servedVersions(endpoint: EndpointState): string[] {
  const versions = endpoint.arms
    .map((arm) => predictorVersion(arm.predictor))
    .filter((version) => version !== undefined);
  return [...new Set(versions)];
}
