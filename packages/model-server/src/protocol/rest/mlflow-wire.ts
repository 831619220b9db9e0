import type { ErrorCode } from '@esteira/contracts';
import { serverMetadata } from '../metadata.ts';
import { readScoringRequest } from './mlflow/read-scoring-request.ts';
import { writePredictions } from './mlflow/write-predictions.ts';
import type { InferRoute, ModelCall, Reply, Wire, WireRoute } from './wire.ts';

/** `"stream": true` is answered as MLflow's AgentServer does: an event for each piece, `[DONE]` behind the last. */
const asked: Pick<InferRoute, 'read' | 'write' | 'events'> = {
  read: readScoringRequest,
  write: writePredictions,
  events: {
    askedBy: '"stream"',
    last: '[DONE]',
    refuse: ({ status, code, message }) =>
      JSON.stringify({ error: message, error_code: errorCode(status, code) }),
  },
};

/**
 * MLflow's scoring protocol (pyfunc server 2.x) below `/models/<endpoint>`, and at the root where the server serves one
 * endpoint alone. Errors are `{error_code, message}`, those of a wrong media type too.
 */
export const mlflowWire: Wire = {
  name: 'mlflow',
  routes: [
    ...ofModel('/models/{model}'),
    {
      kind: 'infer',
      method: 'POST',
      path: '/invocations',
      only: true,
      ...asked,
    },
    { kind: 'document', method: 'GET', path: '/version', answer: version },
  ],
  refuse: ({ status, code, message }) => ({
    status,
    type: 'application/json',
    body: JSON.stringify({ error_code: errorCode(status, code), message }),
  }),
};

function ofModel(path: string): readonly WireRoute[] {
  return [
    {
      kind: 'infer',
      method: 'POST',
      path: `${path}/invocations`,
      ...asked,
    },
    { kind: 'model', method: 'GET', path: `${path}/ping`, answer: health },
    { kind: 'model', method: 'GET', path: `${path}/health`, answer: health },
    { kind: 'model', method: 'GET', path: `${path}/version`, answer: version },
  ];
}

/** Healthy is who could answer: the model is loaded. */
function health({ server, endpoint }: ModelCall): Reply {
  const loaded = server.ready() && endpoint.arms.length > 0;
  return { status: loaded ? 200 : 404, type: 'application/json', body: '\n' };
}

function version(): Reply {
  return { status: 200, type: 'text/plain', body: serverMetadata.version };
}

/** The nearest of MLflow's own codes. */
function errorCode(status: number, code: ErrorCode): string {
  if (code === 'SERVED_MODEL_NOT_FOUND' || code === 'SERVED_VERSION_NOT_FOUND')
    return 'RESOURCE_DOES_NOT_EXIST';
  return codes[status] ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR');
}

const codes: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'ENDPOINT_NOT_FOUND',
  429: 'REQUEST_LIMIT_EXCEEDED',
  501: 'NOT_IMPLEMENTED',
  503: 'TEMPORARILY_UNAVAILABLE',
};
