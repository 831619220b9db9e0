import type { EndpointState } from '../../engine/endpoint-state.ts';
import { InferenceError } from '../../inference-error.ts';
import type { InferAnswer, InferRequest } from '../infer-request.ts';
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

async function infer(deps: RestDeps, call: UnaryCall): Promise<Buffer> {
  const end = deps.traffic.begin();
  try {
    return await answerInfer(deps, call);
  } finally {
    end();
  }
}

async function answerInfer(deps: RestDeps, call: UnaryCall): Promise<Buffer> {
  const { admission, receivedAt } = call;
  const message = readInferMessage(call.message);
  const { model, version } = message;
  const endpoint = openEndpoint(deps.endpoints, admission, model);
  if (version !== '') requireVersion(endpoint, version);
  const { name, stage } = endpoint.document;
  if (stage === 'development' && admission.purpose === 'user')
    deps.callers.note(name, admission.keyId, call.socket);
  const taken = admission.take();
  if (taken !== undefined) await taken;
  const options = { purpose: admission.purpose, receivedAt, ...(version === '' ? {} : { version }) };
  let request: InferRequest;
  try {
    request = message.read();
  } catch (error) {
    if (error instanceof InferenceError) await deps.inference.refuse(endpoint, error, options);
    throw error;
  }
  const answer: InferAnswer = await deps.inference.answer(endpoint, request, options);
  return writeInferMessage(answer, request.binaryOutputs, prefixBytes);
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
