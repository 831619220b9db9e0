import type { IncomingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import type { EndpointState } from '../../engine/endpoint-state.ts';
import { InferenceError } from '../../inference-error.ts';
import type { Admission } from '../access.ts';
import type { InferAnswer, InferRequest } from '../infer-request.ts';
import { modelMetadata, requireVersion, serverMetadata } from '../metadata.ts';
import { openEndpoint } from '../open-endpoint.ts';
import type { RestDeps } from '../rest/rest-server.ts';
import { prefixBytes } from './grpc-frames.ts';
import { readInferMessage, writeInferMessage } from './infer-codec.ts';
import { readProto } from './proto-reader.ts';
import { createProtoWriter, type ProtoWriter } from './proto-writer.ts';

/** A method that takes one message and gives one. */
export type UnaryMethod = OpenMethod | KeyMethod;

/** Tells a status and nothing else, to everybody. */
interface OpenMethod {
  readonly open: true;
  /** The message has room for its frame. */
  answer(message: Buffer): Buffer;
}

interface KeyMethod {
  readonly open: false;
  answer(call: UnaryCall): Buffer | Promise<Buffer>;
}

interface UnaryCall {
  readonly message: Buffer;
  readonly admission: Admission;
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket | undefined;
  /** `performance.now()` when the call came in. */
  readonly receivedAt: number;
}

type Tensors = ReturnType<typeof modelMetadata>['inputs'];

/** `inference.GRPCInferenceService`, by path. */
export function inferenceMethods(deps: RestDeps): ReadonlyMap<string, UnaryMethod> {
  const methods: Readonly<Record<string, UnaryMethod>> = {
    ServerLive: { open: true, answer: () => write((reply) => reply.bool(1, true)) },
    ServerReady: { open: true, answer: () => write((reply) => reply.bool(1, deps.ready())) },
    ServerMetadata: { open: false, answer: () => write(writeServerMetadata) },
    ModelReady: {
      open: false,
      answer(call) {
        const endpoint = openNamed(deps, call);
        return write((reply) => reply.bool(1, endpoint.arms.length > 0));
      },
    },
    ModelMetadata: {
      open: false,
      answer(call) {
        const found = modelMetadata(openNamed(deps, call));
        return write((reply) => {
          reply.text(1, found.name);
          for (const version of found.versions) reply.bytes(2, Buffer.from(version));
          reply.text(3, found.platform);
          writeTensors(reply, 4, found.inputs);
          writeTensors(reply, 5, found.outputs);
        });
      },
    },
    ModelInfer: { open: false, answer: (call) => infer(deps, call) },
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
  if (stage === 'development' && admission.purpose === 'user' && call.socket !== undefined)
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

/** The endpoint of a message with a name (1) and a version (2). */
function openNamed(deps: RestDeps, { message, admission }: UnaryCall): EndpointState {
  const reader = readProto(message);
  let name = '';
  let version = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else if (field === 2) version = reader.text();
    else reader.skip();
  }
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

function write(fill: (reply: ProtoWriter) => void): Buffer {
  const writer = createProtoWriter(prefixBytes);
  fill(writer);
  return writer.finish();
}
