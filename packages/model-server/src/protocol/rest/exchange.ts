import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { InferenceError } from '../../inference-error.ts';
import type { BodyReader } from './read-body.ts';
import type { Reply, Wire } from './wire.ts';

/** What is read of a request, whoever parsed it. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Absent: it was judged by whoever parsed it. */
  readonly httpVersion?: string;
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly socket: Socket;
}

/** What an answer is written to: that of `node:http`, or the socket. Names of headers are in lower case. */
export interface AnswerStream {
  readonly headersSent: boolean;
  setHeader(name: string, value: string): void;
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): void;
  end(body: string | Buffer, encoding: 'latin1' | 'utf8'): void;
}

/** One request on its way to one answer. */
export interface Exchange {
  readonly request: RequestHead;
  readonly response: AnswerStream;
  /** Hands over the body, or tells that it is longer than the limit, or that nobody waits for an answer. */
  readonly receive: (limit: number, reader: BodyReader) => void;
  readonly path: string;
  /** `performance.now()` when it came in. */
  readonly receivedAt: number;
  /** Whose form errors take; undefined where no wire has the path. */
  wire: Wire | undefined;
  /** Counts it as answered. */
  end: (() => void) | undefined;
}

export function send(exchange: Exchange, reply: Reply): void {
  const { response } = exchange;
  const { body, headers } = reply;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  response.writeHead(reply.status, {
    'content-type': reply.type,
    'content-length': length,
    ...headers,
  });
  // A text goes out in one piece with the header; one of ASCII characters needs no encoding.
  response.end(body, length === body.length ? 'latin1' : 'utf8');
  finish(exchange);
}

/** Sends an error as the wire says it. Nothing is sent after an answer has begun. */
export function sendFailure(exchange: Exchange, wire: Wire, error: InferenceError, instance: string): void {
  const { request, response } = exchange;
  if (response.headersSent || request.socket.destroyed) {
    finish(exchange);
    return;
  }
  const retryAfter = error.details.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  if (error.status === 401) response.setHeader('www-authenticate', 'Bearer');
  const { status, code, message } = error;
  send(exchange, wire.refuse({ status, code, message, instance }));
}

/** The request is over, whether it was answered or its client went away. */
export function finish(exchange: Exchange): void {
  exchange.end?.();
  exchange.end = undefined;
}
