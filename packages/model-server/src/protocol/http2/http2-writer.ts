import type { Socket } from 'node:net';
import { type AnswerField, createHpackEncoder } from './hpack-encoder.ts';
import { frameFlag, frameType, headBytes, numbersFrame, writeHead } from './http2-frames.ts';

/** The saying half of a connection. Frames go out in the order in which they are given. */
export interface Http2Writer {
  /** Whole frames. */
  say(bytes: Buffer): void;
  frame(type: number, flags: number, stream: number, payload: Buffer): void;
  /** A frame whose payload is numbers of 32 bits. */
  numbers(type: number, stream: number, values: readonly number[]): void;
  headers(stream: number, fields: readonly AnswerField[], last: boolean): void;
  /** How large a table of headers the other side keeps. */
  allowTable(bytes: number): void;
  /** Sends what was said so far now. */
  flush(): void;
  /** Nothing is said any longer, but what was said before. */
  fallSilent(): void;
}

/** Who does not read the answers is not read either. */
const longestBacklog = 1024 * 1024;
const nothing = Buffer.alloc(0);

/** Everything that is said in one turn goes out in one piece, once the turn is over. */
export function createHttp2Writer(socket: Socket): Http2Writer {
  const encoder = createHpackEncoder();
  let out: Buffer[] = [];
  let silent = false;

  function say(bytes: Buffer): void {
    if (silent) return;
    if (out.length === 0) process.nextTick(flush);
    out.push(bytes);
  }

  function frame(type: number, flags: number, stream: number, payload: Buffer): void {
    const head = Buffer.allocUnsafe(headBytes);
    writeHead(head, 0, payload.length, type, flags, stream);
    say(head);
    if (payload.length > 0) say(payload);
  }

  function flush(): void {
    if (out.length === 0) return;
    const [first = nothing] = out;
    const bytes = out.length === 1 ? first : Buffer.concat(out);
    out = [];
    if (!socket.writable) return;
    socket.write(bytes);
    if (socket.writableLength < longestBacklog || socket.isPaused()) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  }

  return {
    ...{ say, frame, flush },
    numbers: (type, stream, values) => say(numbersFrame(type, 0, stream, values)),
    headers(stream, fields, last) {
      const flags = frameFlag.endHeaders | (last ? frameFlag.endStream : 0);
      frame(frameType.headers, flags, stream, encoder.encode(fields));
    },
    allowTable: encoder.allow,
    fallSilent() {
      silent = true;
    },
  };
}
