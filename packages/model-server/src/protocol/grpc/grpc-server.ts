import {
  constants,
  createSecureServer,
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { inferenceError } from '../../inference-error.ts';
import type { Admission } from '../access.ts';
import type { RestDeps, TlsFiles } from '../rest/rest-server.ts';
import {
  acceptedEncodings,
  type Encoding,
  frame,
  parseEncoding,
  prefixBytes,
  readFrame,
  tooLarge,
} from './grpc-frames.ts';
import { checkHealth } from './grpc-health.ts';
import { inferenceMethods } from './grpc-methods.ts';
import {
  encodeMessage,
  GrpcError,
  grpcStatus,
  isInferenceError,
  parseTimeout,
  statusOfHttp,
} from './grpc-status.ts';
import { createStreams } from './grpc-streams.ts';
import type { UnaryMethod } from './unary-method.ts';

export interface GrpcServer {
  readonly address: string;
  stop(patienceMs: number): Promise<void>;
}

/** A call that somebody waits for. */
interface Call {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly receivedAt: number;
  readonly encoding: Encoding;
  readonly limit: number;
  /** Absent where the method is open. */
  readonly admission: Admission | undefined;
  /** `performance.now()` by which the caller wants the answer. */
  readonly deadline: number;
  answered: boolean;
}

const contentType = 'application/grpc';
const successHeaders = {
  ':status': 200,
  'content-type': contentType,
  'grpc-accept-encoding': acceptedEncodings,
};
const successTrailers = { 'grpc-status': '0' };
const waitForTrailers = { waitForTrailers: true };
const openMessageBytes = 4 * 1024;
const framing = 64 * 1024;
/** A message must be there within this time, so that slow senders hold nothing for long. */
const longestReceiveMs = 60_000;
const sweepMs = 50;
const refusalMs = 2_000;

/**
 * The Open Inference Protocol over gRPC, on the same engine, keys, certificate and log as REST: the framing of gRPC
 * (grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_h_t_t_p2.html) straight on HTTP/2, with health and reflection.
 */
export async function startGrpcServer(
  deps: RestDeps,
  host: string,
  port: number,
  tls?: TlsFiles,
  reusePort = false,
): Promise<GrpcServer> {
  const methods = new Map(inferenceMethods(deps));
  methods.set('/grpc.health.v1.Health/Check', {
    open: true,
    answer: (message) => checkHealth(message, deps.ready()),
  });
  const streams = createStreams(deps);
  const options = { settings: { maxConcurrentStreams: 1_000, initialWindowSize: 1024 * 1024 } };
  const server = tls === undefined ? createServer(options) : createSecureServer({ ...tls, ...options });
  const sessions = new Set<Http2Session>();
  const calls = new Set<Call>();
  let sweep: NodeJS.Timeout | undefined;

  server.on('session', (session: Http2Session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => {});
    if (deps.turnedAway()) session.close();
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    // A caller that goes away is no error of ours.
    stream.on('error', () => {});
    try {
      accept(stream, headers);
    } catch (error) {
      refuse(stream, error);
    }
  });

  function accept(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (headers[':method'] !== 'POST' || !headers['content-type']?.startsWith(contentType)) {
      stream.respond({ ':status': 415 }, { endStream: true });
      return;
    }
    const receivedAt = performance.now();
    const path = headers[':path'] ?? '';
    const method = methods.get(path);
    if (method === undefined && !streams.has(path)) {
      deps.access.authenticate(headers.authorization);
      throw new GrpcError(grpcStatus.unimplemented, `there is no method ${path}`);
    }
    const isOpen = method?.open ?? streams.isOpen(path);
    const admission = isOpen ? undefined : deps.access.authenticate(headers.authorization);
    const timeoutMs = parseTimeout(headers['grpc-timeout']);
    const call: Call = {
      stream,
      headers,
      receivedAt,
      encoding: parseEncoding(headers['grpc-encoding']),
      limit: admission === undefined ? openMessageBytes : largestMessage(deps, admission),
      admission,
      deadline: timeoutMs === undefined ? Number.POSITIVE_INFINITY : receivedAt + timeoutMs,
      answered: false,
    };
    if (method === undefined) streams.follow(path, stream, call);
    else receive(call, method);
  }

  function receive(call: Call, method: UnaryMethod): void {
    const { stream } = call;
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    let size = 0;
    watch(call);
    stream.on('data', (chunk: Buffer) => {
      if (call.answered) return;
      size += chunk.length;
      if (size > call.limit + prefixBytes) fail(call, tooLarge(call.limit));
      else if (first === undefined) first = chunk;
      else {
        more ??= [first];
        more.push(chunk);
      }
    });
    stream.on('end', () => {
      if (call.answered) return;
      const body = more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more);
      try {
        answer(call, method, body);
      } catch (error) {
        fail(call, error);
      }
    });
    stream.on('close', () => {
      call.answered = true;
      calls.delete(call);
    });
  }

  function answer(call: Call, method: UnaryMethod, body: Buffer): void {
    const message = readFrame(body, call.encoding, call.limit);
    if (method.open) {
      succeed(call, method.answer(message));
      return;
    }
    const { admission, headers, receivedAt, stream } = call;
    if (admission === undefined) throw inferenceError('INFERENCE_KEY_REJECTED');
    const socket: Socket | undefined = stream.session?.socket;
    const reply = method.answer({ message, admission, headers, socket, receivedAt });
    if (reply instanceof Promise)
      reply.then(
        (given) => succeed(call, given),
        (error: unknown) => fail(call, error),
      );
    else succeed(call, reply);
  }

  function succeed(call: Call, message: Buffer): void {
    if (call.answered) return;
    if (performance.now() > call.deadline) {
      fail(call, deadlineExceeded());
      return;
    }
    call.answered = true;
    const { stream } = call;
    if (stream.destroyed) return;
    stream.respond(successHeaders, waitForTrailers);
    stream.once('wantTrailers', () => stream.sendTrailers(successTrailers));
    stream.end(frame(message));
  }

  function fail(call: Call, error: unknown): void {
    if (call.answered) return;
    call.answered = true;
    refuse(call.stream, error);
  }

  function refuse(stream: ServerHttp2Stream, error: unknown): void {
    if (stream.destroyed || stream.headersSent) return;
    const headers = { ':status': 200, 'content-type': contentType, ...statusHeaders(deps, error) };
    stream.respond(headers, { endStream: true });
    if (stream.readableEnded) return;
    // What the caller still sends is taken in for a moment, so that it reads the refusal.
    stream.resume();
    const cut = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), refusalMs);
    stream.once('close', () => clearTimeout(cut));
  }

  /** Ends calls whose time is over; one timer for all of them, while there are any. */
  function watch(call: Call): void {
    calls.add(call);
    sweep ??= setInterval(() => {
      if (calls.size === 0) {
        clearInterval(sweep);
        sweep = undefined;
      }
      const now = performance.now();
      for (const one of calls) {
        if (now > one.deadline) fail(one, deadlineExceeded());
        else if (!one.stream.readableEnded && now - one.receivedAt > longestReceiveMs) one.stream.close();
      }
    }, sweepMs);
  }

  const bound = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ...(reusePort ? { reusePort } : {}) }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
  server.on('error', (error) => deps.onError({ instance: deps.newId(), error }));

  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async stop(patienceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      streams.end();
      for (const session of sessions) session.close();
      const force = setTimeout(() => {
        for (const session of sessions) session.destroy();
      }, patienceMs);
      await closed;
      clearTimeout(force);
      clearInterval(sweep);
    },
  };
}

/** What the endpoints of the key take, and some bytes for the framing of the message. */
function largestMessage(deps: RestDeps, admission: Admission): number {
  let largest = openMessageBytes;
  for (const name of admission.endpoints) {
    const limit = deps.endpoints.find(name)?.document.limits.maxBodyBytes ?? 0;
    largest = Math.max(largest, limit + framing);
  }
  return largest;
}

function deadlineExceeded(): GrpcError {
  return new GrpcError(grpcStatus.deadlineExceeded, 'the deadline of the call has passed');
}

function statusHeaders(deps: RestDeps, error: unknown): Record<string, string> {
  if (error instanceof GrpcError)
    return { 'grpc-status': String(error.code), 'grpc-message': encodeMessage(error.message) };
  const known = isInferenceError(error) ? error : inferenceError('INTERNAL', {}, error);
  const instance = deps.newId();
  deps.traffic.refused(known.code);
  if (known.status >= 500) deps.onError({ instance, error: known });
  const after = known.details.retryAfterSeconds;
  return {
    'grpc-status': String(statusOfHttp(known.status)),
    'grpc-message': encodeMessage(`${known.message} (${known.code}, ${instance})`),
    ...(after === undefined ? {} : { 'retry-after': String(after) }),
  };
}
