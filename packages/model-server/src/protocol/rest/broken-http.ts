import type { Duplex } from 'node:stream';
import { type InferenceError, inferenceError } from '../../inference-error.ts';

/** Answers what cannot be read as HTTP at all, or does not come to an end, and closes the connection. */
export function answerBrokenHttp(problem: Error & { readonly code?: string }, socket: Duplex): void {
  if (problem.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, code, message } = toError(problem.code);
  const body = JSON.stringify({ error: message, code });
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Bad Request'}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
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
