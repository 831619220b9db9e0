import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type InferenceError, inferenceError } from '../../inference-error.ts';

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What was asked on a connection and may not be answered yet. */
const askedOn = new WeakMap<Duplex, readonly Asked[]>();
const broken = new WeakSet<Duplex>();
/** Whoever does not close its side when it was told that this one is closed, is not waited for. */
const lingerMs = 2_000;

/** Tells of a request, so that what is broken behind it is answered after it. */
export function noteAsked(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const before = askedOn.get(socket)?.filter((asked) => !asked.response.writableFinished) ?? [];
  askedOn.set(socket, [...before, { request, response }]);
}

/** Answers what cannot be read as HTTP at all, or does not come to an end, and closes the connection. */
export function answerBrokenHttp(problem: Error & { readonly code?: string }, socket: Duplex): void {
  if (problem.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  // What comes after it cannot be read either.
  if (broken.has(socket)) return;
  broken.add(socket);
  const before = (askedOn.get(socket) ?? []).findLast(
    ({ request, response }) => request.complete && !response.writableFinished,
  );
  if (before === undefined) refuse(problem, socket);
  // Before Node itself hears of it, which may close the connection then.
  else before.response.prependOnceListener('finish', () => refuse(problem, socket));
}

function refuse(problem: Error & { readonly code?: string }, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { status, code, message } = toError(problem.code);
  const body = JSON.stringify({ error: message, code });
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Bad Request'}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const cut = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(cut));
}

const reasons: Readonly<Record<number, string>> = {
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

function toError(code: string | undefined): InferenceError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return inferenceError('INFERENCE_REQUEST_TOO_SLOW');
  if (code === 'HPE_HEADER_OVERFLOW') return inferenceError('INFERENCE_HEADERS_TOO_LARGE');
  return inferenceError('INFERENCE_HTTP_BROKEN');
}
