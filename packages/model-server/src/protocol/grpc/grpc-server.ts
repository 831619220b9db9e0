import { fileURLToPath } from 'node:url';
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { EndpointState } from '../../engine/endpoint-state.ts';
import { InferenceError, inferenceError } from '../../inference-error.ts';
import type { Admission } from '../access.ts';
import { modelMetadata, requireVersion, serverMetadata } from '../metadata.ts';
import type { RestDeps, TlsFiles } from '../rest/rest-server.ts';
import { type InferMessage, readInferMessage, writeInferMessage } from './grpc-messages.ts';

export interface GrpcServer {
  readonly address: string;
  stop(patienceMs: number): Promise<void>;
}

interface NamedModel {
  readonly name?: string;
  readonly version?: string;
}

/** The endpoint's own limit on rows comes after; this bounds what is decoded at all. */
const maximumMessageBytes = 64 * 1024 * 1024;

/** The Open Inference Protocol over gRPC, on the same engine, keys, certificate and log as REST. */
export async function startGrpcServer(
  deps: RestDeps,
  host: string,
  port: number,
  tls?: TlsFiles,
): Promise<GrpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': maximumMessageBytes,
    'grpc.max_send_message_length': maximumMessageBytes,
  });
  const definition = loadSync(fileURLToPath(new URL('./inference.proto', import.meta.url)), {
    keepCase: true,
    longs: String,
    oneofs: false,
  });
  server.addService(definition['inference.GRPCInferenceService'] as ServiceDefinition, {
    ServerLive: unary(deps, async () => ({ live: true })),
    ServerReady: unary(deps, async () => ({ ready: deps.ready() })),
    ServerMetadata: unary(deps, async (_request, metadata) => {
      authenticate(deps, metadata);
      return serverMetadata;
    }),
    ModelReady: unary(deps, async (request: NamedModel, metadata) => {
      const { endpoint } = open(deps, metadata, request.name, request.version);
      return { ready: endpoint.arms.length > 0 };
    }),
    ModelMetadata: unary(deps, async (request: NamedModel, metadata) => {
      const found = modelMetadata(open(deps, metadata, request.name, request.version).endpoint);
      const describe = (tensors: typeof found.inputs) =>
        tensors.map((tensor) => ({ ...tensor, shape: tensor.shape.map(String) }));
      return { ...found, inputs: describe(found.inputs), outputs: describe(found.outputs), properties: {} };
    }),
    ModelInfer: unary(deps, infer),
  });
  const bound = await new Promise<number>((resolve, reject) => {
    const credentials =
      tls === undefined
        ? ServerCredentials.createInsecure()
        : ServerCredentials.createSsl(null, [{ cert_chain: tls.cert, private_key: tls.key }]);
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    server.bindAsync(address, credentials, (error, taken) => (error ? reject(error) : resolve(taken)));
  });

  async function infer(message: InferMessage, metadata: Metadata): Promise<object> {
    const end = deps.traffic.begin();
    try {
      return await answerInfer(message, metadata);
    } finally {
      end();
    }
  }

  async function answerInfer(message: InferMessage, metadata: Metadata): Promise<object> {
    const receivedAt = performance.now();
    const { endpoint, admission } = open(deps, metadata, message.model_name, message.model_version);
    await admission.take();
    const version = message.model_version;
    const options = {
      purpose: admission.purpose,
      receivedAt,
      ...(version === undefined || version === '' ? {} : { version }),
    };
    const request = await readOrLog(endpoint, message, options);
    return writeInferMessage(await deps.inference.answer(endpoint, request, options), request.binaryOutputs);
  }

  async function readOrLog(
    endpoint: EndpointState,
    message: InferMessage,
    options: Parameters<typeof deps.inference.refuse>[2],
  ) {
    try {
      return readInferMessage(message);
    } catch (error) {
      if (error instanceof InferenceError) await deps.inference.refuse(endpoint, error, options);
      throw error;
    }
  }

  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async stop(patienceMs) {
      const force = setTimeout(() => server.forceShutdown(), patienceMs);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      clearTimeout(force);
    },
  };
}

function unary<Request>(deps: RestDeps, answer: (request: Request, metadata: Metadata) => Promise<object>) {
  return (call: ServerUnaryCall<Request, object>, callback: sendUnaryData<object>): void => {
    answer(call.request, call.metadata).then(
      (reply) => callback(null, reply),
      (error: unknown) => callback(toServiceError(deps, error)),
    );
  };
}

function authenticate(deps: RestDeps, metadata: Metadata): Admission {
  const [authorization] = metadata.get('authorization');
  return deps.access.authenticate(typeof authorization === 'string' ? authorization : undefined);
}

function open(
  deps: RestDeps,
  metadata: Metadata,
  name = '',
  version = '',
): { endpoint: EndpointState; admission: Admission } {
  const admission = authenticate(deps, metadata);
  const endpoint = name === admission.endpoint ? deps.endpoints.find(name) : undefined;
  if (endpoint === undefined) throw inferenceError('SERVED_MODEL_NOT_FOUND', { model: name });
  if (version !== '') requireVersion(endpoint, version);
  return { endpoint, admission };
}

function toServiceError(deps: RestDeps, error: unknown): Partial<ServiceError> {
  const known = error instanceof InferenceError ? error : inferenceError('INTERNAL', {}, error);
  const instance = deps.newId();
  deps.traffic.refused(known.code);
  if (known.status >= 500) deps.onError({ instance, error: known });
  return { code: statusOf(known.status), details: `${known.message} (${known.code}, ${instance})` };
}

function statusOf(http: number): status {
  switch (http) {
    case 401:
      return status.UNAUTHENTICATED;
    case 404:
      return status.NOT_FOUND;
    case 413:
    case 429:
      return status.RESOURCE_EXHAUSTED;
    case 503:
      return status.UNAVAILABLE;
    default:
      return http < 500 ? status.INVALID_ARGUMENT : status.INTERNAL;
  }
}
