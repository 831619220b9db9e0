import type { Socket } from 'node:net';
import { type AnswerField, createHpackEncoder, longestBlockOf } from './hpack-encoder.ts';
import { frameFlag, frameType, headBytes, writeHead } from './http2-frames.ts';

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
const firstLength = 1024;
/** Room for more than this was for one large answer, and is given back. */
const keptLength = 64 * 1024;

/**
 * Everything that is said in one turn goes out in one piece, once the turn is over. Frames are written one behind the other
 * into memory that the connection keeps: an answer of three frames would otherwise be seven pieces that are put together.
 */
export function createHttp2Writer(socket: Socket): Http2Writer {
  const encoder = createHpackEncoder();
  let out: Buffer = nothing;
  let used = 0;
  let silent = false;

  /** So many bytes more can be written. False when nothing is said any longer. */
  function makeRoom(length: number): boolean {
    if (silent) return false;
    if (used === 0) process.nextTick(flush);
    if (used + length > out.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(firstLength, 2 * out.length, used + length));
      out.copy(larger, 0, 0, used);
      out = larger;
    }
    return true;
  }

  function say(bytes: Buffer): void {
    if (!makeRoom(bytes.length)) return;
    out.set(bytes, used);
    used += bytes.length;
  }

  function frame(type: number, flags: number, stream: number, payload: Buffer): void {
    if (!makeRoom(headBytes + payload.length)) return;
    used = writeHead(out, used, payload.length, type, flags, stream);
    out.set(payload, used);
    used += payload.length;
  }

  function flush(): void {
    if (used === 0) return;
    const bytes = Buffer.allocUnsafe(used);
    out.copy(bytes, 0, 0, used);
    used = 0;
    if (out.length > keptLength) out = nothing;
    if (!socket.writable) return;
    socket.write(bytes);
    if (socket.writableLength < longestBacklog || socket.isPaused()) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  }

  return {
    ...{ say, frame, flush },
    numbers(type, stream, values) {
      if (!makeRoom(headBytes + 4 * values.length)) return;
      used = writeHead(out, used, 4 * values.length, type, 0, stream);
      for (const value of values) used = out.writeUInt32BE(value, used);
    },
    headers(stream, fields, last) {
      // The encoder learns from what it writes, which must then be sent.
      if (!makeRoom(headBytes + longestBlockOf(fields))) return;
      const end = encoder.write(fields, out, used + headBytes);
      const flags = frameFlag.endHeaders | (last ? frameFlag.endStream : 0);
      writeHead(out, used, end - used - headBytes, frameType.headers, flags, stream);
      used = end;
    },
    allowTable: encoder.allow,
    fallSilent() {
      silent = true;
    },
  };
}
