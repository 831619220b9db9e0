import { predictorVersion } from '../../engine/endpoint-state.ts';
import { servedVersions } from '../metadata.ts';
import { refuseExplanation } from './refuse-explanation.ts';
import { readExamples, readPredictRequest } from './tensorflow/read-tensorflow-request.ts';
import { signatureDefinition } from './tensorflow/signature-definition.ts';
import {
  writeClassification,
  writePrediction,
  writeRegression,
} from './tensorflow/write-tensorflow-answer.ts';
import { jsonReply, type ModelCall, type Reply, type Wire, type WireRoute } from './wire.ts';

/**
 * The REST API of TensorFlow Serving, which is KServe's V1 protocol as well: the state of a model answers the fields of both.
 * Errors are `{error}`.
 */
export const tensorflowWire: Wire = {
  name: 'tensorflow',
  routes: [
    {
      kind: 'document',
      method: 'GET',
      path: '/v1/models',
      answer: ({ server, admission }) => {
        const names = server.endpoints.all().map((endpoint) => endpoint.document.name);
        return jsonReply({ models: names.filter((name) => admission.opens(name)) });
      },
    },
    ...ofModel('/v1/models/{model}'),
    ...ofModel('/v1/models/{model}/versions/{version}'),
  ],
  refuse: ({ status, message }) => jsonReply({ error: message }, status),
};

function ofModel(path: string): readonly WireRoute[] {
  return [
    { kind: 'model', method: 'GET', path, answer: modelState },
    { kind: 'model', method: 'GET', path: `${path}/metadata`, answer: metadata },
    {
      kind: 'infer',
      method: 'POST',
      path: `${path}:predict`,
      read: readPredictRequest,
      write: writePrediction,
    },
    {
      kind: 'infer',
      method: 'POST',
      path: `${path}:classify`,
      read: (body, call) => readExamples(body, call, 'classification'),
      write: writeClassification,
    },
    {
      kind: 'infer',
      method: 'POST',
      path: `${path}:regress`,
      read: (body, call) => readExamples(body, call, 'regression'),
      write: writeRegression,
    },
    { kind: 'model', method: 'POST', path: `${path}:explain`, needs: 'explain', answer: refuseExplanation },
  ];
}

/** TF Serving's `GetModelStatusResponse`, with KServe's `name` and `ready` beside. */
function modelState({ endpoint, version }: ModelCall): Reply {
  const versions = version === undefined ? servedVersions(endpoint) : [version];
  return jsonReply({
    name: endpoint.document.name,
    ready: endpoint.arms.length > 0,
    model_version_status: versions.map((each) => ({
      version: each,
      state: 'AVAILABLE',
      status: { error_code: 'OK', error_message: '' },
    })),
  });
}

/** TF Serving's `GetModelMetadataResponse` of the signature. */
function metadata({ endpoint, version }: ModelCall): Reply {
  const [first] = endpoint.arms;
  const own = version ?? (first === undefined ? undefined : predictorVersion(first.predictor));
  return jsonReply({
    model_spec: { name: endpoint.document.name, signature_name: '', version: own ?? '' },
    metadata: { signature_def: { signature_def: signatureDefinition(endpoint) } },
  });
}
