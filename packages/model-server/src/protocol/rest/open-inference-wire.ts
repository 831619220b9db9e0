import { inferenceError, invalidRequest } from '../../inference-error.ts';
import type { InferAnswer } from '../infer-request.ts';
import { modelMetadata, serverMetadata } from '../metadata.ts';
import { modelStatistics } from '../model-statistics.ts';
import { parseInferRequest } from './parse-infer-request.ts';
import { readNumericRequest } from './read-numeric-request.ts';
import { readRawRequest } from './read-raw-request.ts';
import { repositoryRoutes } from './repository-routes.ts';
import {
  type InferRoute,
  jsonReply,
  type ModelCall,
  type ModelRoute,
  type Reply,
  type Wire,
} from './wire.ts';
import { writeInferAnswer } from './write-infer-answer.ts';

/**
 * The Open Inference Protocol v2 over REST, with the binary tensor extension. The wire of every path that is no other's:
 * its errors are `{error}`, with the code of the table and the instance that the log has.
 */
export const openInferenceWire: Wire = {
  name: 'open-inference',
  routes: [
    { kind: 'probe', method: 'GET', path: '/health', answer: () => jsonReply({ status: 'ok' }) },
    {
      kind: 'probe',
      method: 'GET',
      path: '/ping',
      answer: (server) => jsonReply({}, server.ready() ? 200 : 503),
    },
    { kind: 'probe', method: 'GET', path: '/v2/health/live', answer: () => jsonReply({ live: true }) },
    {
      kind: 'probe',
      method: 'GET',
      path: '/v2/health/ready',
      answer: (server) => jsonReply({ ready: server.ready() }, server.ready() ? 200 : 503),
    },
    { kind: 'document', method: 'GET', path: '/v2', answer: () => jsonReply(serverMetadata) },
    {
      kind: 'document',
      method: 'GET',
      path: '/v2/models',
      answer: ({ server, admission }) => {
        const names = server.endpoints.all().map((endpoint) => endpoint.document.name);
        return jsonReply({ models: names.filter((name) => admission.opens(name)) });
      },
    },
    {
      kind: 'document',
      method: 'GET',
      path: '/v2/models/stats',
      answer: async ({ server, admission }) => {
        const opened = server.endpoints.all().filter(({ document }) => admission.opens(document.name));
        const counts = await server.counts();
        return jsonReply({
          model_stats: opened.map((endpoint) => modelStatistics(endpoint, undefined, counts)),
        });
      },
    },
    ...repositoryRoutes,
    ...ofModel('/v2/models/{model}'),
    ...ofModel('/v2/models/{model}/versions/{version}'),
  ],
  refuse: ({ status, code, message, instance }) => jsonReply({ error: message, code, instance }, status),
};

function ofModel(path: string): readonly (ModelRoute | InferRoute)[] {
  return [
    { kind: 'model', method: 'GET', path, answer: ({ endpoint }) => jsonReply(modelMetadata(endpoint)) },
    {
      kind: 'model',
      method: 'GET',
      path: `${path}/ready`,
      answer: ({ endpoint }) => jsonReply({ name: endpoint.document.name, ready: endpoint.arms.length > 0 }),
    },
    {
      kind: 'model',
      method: 'GET',
      path: `${path}/stats`,
      answer: async ({ server, endpoint, version }) =>
        jsonReply({ model_stats: [modelStatistics(endpoint, version, await server.counts())] }),
    },
    { kind: 'model', method: 'GET', path: `${path}/openapi.json`, answer: openapi },
    ...['infer_stream', 'generate_stream'].map(
      (name): InferRoute => ({
        kind: 'stream',
        method: 'POST',
        path: `${path}/${name}`,
        read: (body) => ({ ...parseInferRequest(body, undefined), binaryOutputs: false, stream: {} }),
        write: (answer) => jsonBody(answer),
      }),
    ),
    {
      kind: 'infer',
      method: 'POST',
      path: `${path}/infer`,
      read(body, call) {
        const headerLength = readHeaderLength(call.headers['inference-header-content-length']);
        if (headerLength === 0) return readRawRequest(body, call);
        const numeric = headerLength === undefined ? readNumericRequest(body) : undefined;
        return numeric ?? parseInferRequest(body, headerLength);
      },
      write(answer, request) {
        const { body, headerLength } = writeInferAnswer(answer, request);
        if (headerLength === undefined) return { status: 200, type: 'application/json', body };
        const headers = { 'inference-header-content-length': String(headerLength) };
        return { status: 200, type: 'application/octet-stream', body, headers };
      },
    },
  ];
}

/** An answer as JSON alone. */
function jsonBody(answer: InferAnswer): Reply {
  const { body } = writeInferAnswer(answer, { inputs: [], parameters: {}, binaryOutputs: false });
  return { status: 200, type: 'application/json', body };
}

/** What the control plane says of the endpoint to its callers, at the address by which it was asked. */
function openapi({ endpoint, headers }: ModelCall): Reply {
  const { openapi: document, name } = endpoint.document;
  if (document === undefined) throw inferenceError('ENDPOINT_NOT_DESCRIBED', { model: name });
  return jsonReply({
    ...document,
    servers: [{ url: headers.host === undefined ? '/' : `//${headers.host}` }],
  });
}

function readHeaderLength(value: string | string[] | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^(?:0|[1-9][0-9]{0,15})$/.test(value)) {
    throw invalidRequest('Inference-Header-Content-Length is not a number of bytes');
  }
  return Number(value);
}
