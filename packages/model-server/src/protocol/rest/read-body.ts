import type { IncomingMessage } from 'node:http';
import { inferenceError } from '../../inference-error.ts';

/** Told once: the body, or INFERENCE_BODY_TOO_LARGE. Nobody is told anything when the client goes away before the end. */
export interface BodyReader {
  readonly onBody: (body: Buffer) => void;
  readonly onTooLarge: (error: Error) => void;
  readonly onGone: () => void;
}

// What is still on its way after the refusal is taken in, so that the client reads the refusal, but not for ever.
const patienceMs = 2_000;
const patienceBytes = 64 * 1024 * 1024;

/** The same with a body that is there already. */
export function giveBody(body: Buffer, limit: number, reader: BodyReader): void {
  if (body.length > limit) reader.onTooLarge(inferenceError('INFERENCE_BODY_TOO_LARGE', { limit }));
  else reader.onBody(body);
}

/** Gathers a body of at most `limit` bytes. What exceeds it is refused before it is held. */
export function readBody(request: IncomingMessage, limit: number, reader: BodyReader): void {
  const refuse = (): void => {
    request.removeAllListeners('data');
    request.removeAllListeners('end');
    let surplus = 0;
    request.on('data', (chunk: Buffer) => {
      surplus += chunk.length;
      if (surplus > patienceBytes) request.socket.destroy();
    });
    const cut = setTimeout(() => request.socket.destroy(), patienceMs);
    request.once('close', () => clearTimeout(cut));
    request.once('end', () => clearTimeout(cut));
    reader.onTooLarge(inferenceError('INFERENCE_BODY_TOO_LARGE', { limit }));
  };
  const declared = request.headers['content-length'];
  request.on('error', reader.onGone);
  if (declared !== undefined && Number(declared) > limit) {
    refuse();
    return;
  }
  let first: Buffer | undefined;
  let chunks: Buffer[] | undefined;
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) refuse();
    else if (first === undefined) first = chunk;
    else {
      chunks ??= [first];
      chunks.push(chunk);
    }
  });
  request.on('end', () => {
    reader.onBody(chunks === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(chunks));
  });
}
