import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InferenceError } from '../../inference-error.ts';
import type { Reply, Wire } from './wire.ts';

/** One request on its way to one answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
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
  if (typeof body !== 'string') response.end(body);
  else response.end(body, length === body.length ? 'latin1' : 'utf8');
  finish(exchange);
}

/** Sends an error as the wire says it. Nothing is sent after an answer has begun. */
export function sendFailure(exchange: Exchange, wire: Wire, error: InferenceError, instance: string): void {
  const { response } = exchange;
  if (response.headersSent || response.destroyed) {
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
