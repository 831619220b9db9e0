import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { inferenceError } from '../../inference-error.ts';
import type { Admission } from '../access.ts';
import { fieldOf } from '../http2/hpack-decoder.ts';
import type { AnswerField } from '../http2/hpack-encoder.ts';
import { type Http2Connection, serveHttp2 } from '../http2/http2-connection.ts';
import { errorCode } from '../http2/http2-frames.ts';
import type { Http2Stream } from '../http2/http2-stream.ts';
import { type ListenPlace, listenOnSockets } from '../listen-on-sockets.ts';
import type { RestDeps, TlsFiles } from '../rest/rest-server.ts';
import { answerHead, contentType, failureHead, failureTrailers, successTrailers } from './grpc-answers.ts';
import { type Encoding, frame, parseEncoding, prefixBytes, readFrame, tooLarge } from './grpc-frames.ts';
import { checkHealth } from './grpc-health.ts';
import { inferenceMethods } from './grpc-methods.ts';
import { GrpcError, grpcStatus, isInferenceError, parseTimeout, statusOfHttp } from './grpc-status.ts';
import { createStreams } from './grpc-streams.ts';
import type { UnaryMethod } from './unary-method.ts';

export interface GrpcServer {
  readonly address: string;
  /** Open connections that stay. */
  connections(): number;
  /** Parts with that many of them, each once its calls have ended, without refusing one. */
  shed(connections: number): void;
  stop(patienceMs: number): Promise<void>;
}

/** A call that somebody waits for. */
interface Call {
  readonly stream: Http2Stream;
  readonly receivedAt: number;
  readonly encoding: Encoding;
  readonly limit: number;
  /** Absent where the method is open. */
  readonly admission: Admission | undefined;
  /** `performance.now()` by which the caller wants the answer. */
  readonly deadline: number;
  answered: boolean;
}

const unsupported: readonly AnswerField[] = [{ name: ':status', value: '415' }];
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
  /** The name that it tells as its address. */
  host: string,
  place: ListenPlace,
  tls?: TlsFiles,
): Promise<GrpcServer> {
  const methods = new Map(inferenceMethods(deps));
  methods.set('/grpc.health.v1.Health/Check', {
    open: true,
    answer: (message) => checkHealth(message, deps.ready()),
  });
  const streams = createStreams(deps);
  const server =
    tls === undefined ? createServer(serve) : createTlsServer({ ...tls, ALPNProtocols: ['h2'] }, serve);
  const connections = new Set<Http2Connection>();
  /** Those that come to their end. */
  const retiring = new Set<Http2Connection>();
  const calls = new Set<Call>();
  let sweep: NodeJS.Timeout | undefined;

  function serve(socket: Socket): void {
    const connection = serveHttp2(socket, {
      take(stream) {
        try {
          accept(stream);
        } catch (error) {
          refuse(stream, error);
        }
      },
      onError: (error) => deps.onError({ instance: deps.newId(), error }),
    });
    connections.add(connection);
    socket.once('close', () => {
      connections.delete(connection);
      retiring.delete(connection);
    });
    if (deps.turnedAway()) connection.close();
  }

  function accept(stream: Http2Stream): void {
    const { headers } = stream;
    if (
      fieldOf(headers, ':method') !== 'POST' ||
      fieldOf(headers, 'content-type')?.startsWith(contentType) !== true
    ) {
      answerEarly(stream, unsupported);
      return;
    }
    const receivedAt = performance.now();
    const path = fieldOf(headers, ':path') ?? '';
    const method = methods.get(path);
    if (method === undefined && !streams.has(path)) {
      deps.access.authenticate(fieldOf(headers, 'authorization'));
      throw new GrpcError(grpcStatus.unimplemented, `there is no method ${path}`);
    }
    const isOpen = method?.open ?? streams.isOpen(path);
    const admission = isOpen ? undefined : deps.access.authenticate(fieldOf(headers, 'authorization'));
    const timeoutMs = parseTimeout(fieldOf(headers, 'grpc-timeout'));
    const call: Call = {
      stream,
      receivedAt,
      encoding: parseEncoding(fieldOf(headers, 'grpc-encoding')),
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
    stream.listener = {
      data(chunk) {
        stream.credit(chunk.length);
        if (call.answered) return;
        size += chunk.length;
        if (size > call.limit + prefixBytes) fail(call, tooLarge(call.limit));
        else if (first === undefined) first = chunk;
        else {
          more ??= [first];
          more.push(chunk);
        }
      },
      end() {
        if (call.answered) return;
        const body = more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more);
        try {
          answer(call, method, body);
        } catch (error) {
          fail(call, error);
        }
      },
      closed() {
        call.answered = true;
        calls.delete(call);
      },
    };
  }

  function answer(call: Call, method: UnaryMethod, body: Buffer): void {
    const message = readFrame(body, call.encoding, call.limit);
    if (method.open) {
      succeed(call, method.answer(message));
      return;
    }
    const { admission, receivedAt, stream } = call;
    if (admission === undefined) throw inferenceError('INFERENCE_KEY_REJECTED');
    const { socket } = stream;
    const reply = method.answer({ message, admission, socket, receivedAt });
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
    stream.answer(answerHead);
    stream.write(frame(message));
    stream.end(successTrailers);
  }

  function fail(call: Call, error: unknown): void {
    if (call.answered) return;
    call.answered = true;
    calls.delete(call);
    refuse(call.stream, error);
  }

  function refuse(stream: Http2Stream, error: unknown): void {
    if (!stream.closed && !stream.answered) answerEarly(stream, failureHead(failureFields(deps, error)));
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
        else if (!one.stream.ended && now - one.receivedAt > longestReceiveMs)
          one.stream.reset(errorCode.cancel);
      }
    }, sweepMs);
  }

  const listeners = await listenOnSockets(server, place);
  const { port } = server.address() as AddressInfo;
  server.on('error', (error) => deps.onError({ instance: deps.newId(), error }));

  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    connections: () => connections.size - retiring.size,
    shed(count) {
      let left = count;
      for (const connection of connections) {
        if (left <= 0) return;
        if (retiring.has(connection)) continue;
        retiring.add(connection);
        connection.retire();
        left -= 1;
      }
    },
    async stop(patienceMs) {
      const closed = [server, ...listeners].map(
        (one) => new Promise<void>((resolve) => one.close(() => resolve())),
      );
      streams.end();
      for (const connection of connections) connection.close();
      const force = setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, patienceMs);
      await Promise.all(closed);
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

/** The whole answer, though the caller may still be sending. */
function answerEarly(stream: Http2Stream, fields: readonly AnswerField[]): void {
  // What still comes is taken in for a moment, so that the caller reads the answer.
  const cut = setTimeout(() => stream.reset(errorCode.noError), refusalMs);
  stream.listener = {
    data: (bytes) => stream.credit(bytes.length),
    end() {},
    closed: () => clearTimeout(cut),
  };
  stream.answer(fields, true);
}

function failureFields(deps: RestDeps, error: unknown): readonly AnswerField[] {
  if (error instanceof GrpcError) return failureTrailers(error.code, error.message);
  const known = isInferenceError(error) ? error : inferenceError('INTERNAL', {}, error);
  const instance = deps.newId();
  deps.traffic.refused(known.code);
  if (known.status >= 500) deps.onError({ instance, error: known });
  const fields = failureTrailers(statusOfHttp(known.status), `${known.message} (${known.code}, ${instance})`);
  const after = known.details.retryAfterSeconds;
  return after === undefined ? fields : [...fields, { name: 'retry-after', value: String(after) }];
}
