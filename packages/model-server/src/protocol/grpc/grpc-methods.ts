import type { EndpointState } from '../../engine/endpoint-state.ts';
import type { InferenceOptions } from '../../engine/inference.ts';
import { InferenceError } from '../../inference-error.ts';
import type { InferRequest } from '../infer-request.ts';
import { modelMetadata, requireVersion, serverMetadata } from '../metadata.ts';
import { openEndpoint } from '../open-endpoint.ts';
import type { RestDeps } from '../rest/rest-server.ts';
import { prefixBytes } from './grpc-frames.ts';
import { readInferMessage, writeInferMessage } from './infer-codec.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { repositoryMethods } from './repository-methods.ts';
import { readNamed, type UnaryCall, type UnaryMethod, writeReply } from './unary-method.ts';

type Tensors = ReturnType<typeof modelMetadata>['inputs'];

/** `inference.GRPCInferenceService`, by path. */
export function inferenceMethods(deps: RestDeps): ReadonlyMap<string, UnaryMethod> {
  const methods: Readonly<Record<string, UnaryMethod>> = {
    ServerLive: { open: true, answer: () => writeReply((reply) => reply.bool(1, true)) },
    ServerReady: { open: true, answer: () => writeReply((reply) => reply.bool(1, deps.ready())) },
    ServerMetadata: { open: false, answer: () => writeReply(writeServerMetadata) },
    ModelReady: {
      open: false,
      answer(call) {
        const endpoint = openNamed(deps, call);
        return writeReply((reply) => reply.bool(1, endpoint.arms.length > 0));
      },
    },
    ModelMetadata: {
      open: false,
      answer(call) {
        const found = modelMetadata(openNamed(deps, call));
        return writeReply((reply) => {
          reply.text(1, found.name);
          for (const version of found.versions) reply.bytes(2, Buffer.from(version));
          reply.text(3, found.platform);
          writeTensors(reply, 4, found.inputs);
          writeTensors(reply, 5, found.outputs);
        });
      },
    },
    ModelInfer: { open: false, answer: (call) => infer(deps, call) },
    ...repositoryMethods(deps),
  };
  return new Map(
    Object.entries(methods).map(([name, method]) => [`/inference.GRPCInferenceService/${name}`, method]),
  );
}

/**
 * Throws before there is anything to wait for, and rejects afterwards. No async function: an answer that waits for its log
 * alone takes one promise beside that of the log.
 */
function infer(deps: RestDeps, call: UnaryCall): Promise<Buffer> {
  const { admission, receivedAt } = call;
  const end = deps.traffic.begin();
  const fail = (error: unknown): never => {
    end();
    throw error;
  };
  try {
    const message = readInferMessage(call.message);
    const { model, version } = message;
    const endpoint = openEndpoint(deps.endpoints, admission, model);
    if (version !== '') requireVersion(endpoint, version);
    const { name, stage } = endpoint.document;
    if (stage === 'development' && admission.purpose === 'user')
      deps.callers.note(name, admission.keyId, call.socket);
    const options = { purpose: admission.purpose, receivedAt, ...(version === '' ? {} : { version }) };
    const ask = (): Promise<Buffer> => {
      let request: InferRequest;
      try {
        request = message.read();
      } catch (error) {
        return refuse(deps, endpoint, error, options).catch(fail);
      }
      return deps.inference.answer(endpoint, request, options).then((answer) => {
        end();
        return writeInferMessage(answer, request.binaryOutputs, prefixBytes);
      }, fail);
    };
    const taken = admission.take();
    return taken === undefined ? ask() : taken.then(ask, fail);
  } catch (error) {
    return fail(error);
  }
}

/** Logs what could not be read, and rejects with it. */
async function refuse(
  deps: RestDeps,
  endpoint: EndpointState,
  error: unknown,
  options: InferenceOptions,
): Promise<never> {
  if (error instanceof InferenceError) await deps.inference.refuse(endpoint, error, options);
  throw error;
}

function openNamed(deps: RestDeps, { message, admission }: UnaryCall): EndpointState {
  const { name, version } = readNamed(message);
  const endpoint = openEndpoint(deps.endpoints, admission, name);
  if (version !== '') requireVersion(endpoint, version);
  return endpoint;
}

function writeServerMetadata(reply: ProtoWriter): void {
  reply.text(1, serverMetadata.name);
  reply.text(2, serverMetadata.version);
  for (const extension of serverMetadata.extensions) reply.bytes(3, Buffer.from(extension));
}

function writeTensors(reply: ProtoWriter, field: number, tensors: Tensors): void {
  for (const { name, datatype, shape } of tensors) {
    reply.message(field, (tensor) => {
      tensor.text(1, name);
      tensor.text(2, datatype);
      tensor.packed(3, shape);
    });
  }
}
