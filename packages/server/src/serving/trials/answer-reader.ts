/** An answer of HTTP/1.1 as far as a load has to know it. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** The server closes the connection behind it. */
  readonly last: boolean;
}

/** Puts the answers of one connection together, one after the other. */
export interface AnswerReader {
  /**
   * Takes what arrived, in memory that may be used again after the call; returns the answer when it is whole. Throws when it is
   * no answer of HTTP/1.1, or more than one was asked for.
   */
  take(bytes: Buffer): HttpAnswer | undefined;
}

interface Head {
  readonly status: number;
  readonly last: boolean;
  /** Where the body begins. */
  readonly end: number;
  /** Undefined where it comes in chunks. */
  readonly length: number | undefined;
}

const headEnd = '\r\n\r\n';
/** Of a head, and of the line before a chunk. */
const mostHeadBytes = 64 * 1024;

/** Reads what HTTP/1.1 servers answer to a POST: bodies with a length or in chunks (RFC 9112, sections 6 and 7). */
export function createAnswerReader(): AnswerReader {
  let kept: Buffer | undefined;

  return {
    take(bytes) {
      const all = kept === undefined ? bytes : Buffer.concat([kept, bytes]);
      const read = readAnswer(all);
      // The memory of what is not whole is the reader's own.
      kept = read === undefined ? (kept === undefined ? Buffer.from(all) : all) : undefined;
      return read;
    },
  };
}

function readAnswer(bytes: Buffer): HttpAnswer | undefined {
  const head = readHead(bytes);
  if (head === undefined) return undefined;
  const { status, last, end, length } = head;
  if (length === undefined) {
    const text = readChunks(bytes, end);
    return text === undefined ? undefined : { status, text, last };
  }
  if (bytes.length < end + length) return undefined;
  if (bytes.length > end + length) throw new Error('More came than the answer that was asked for.');
  return { status, text: bytes.toString('utf8', end, end + length), last };
}

function readHead(bytes: Buffer): Head | undefined {
  const at = bytes.indexOf(headEnd);
  if (at < 0) {
    if (bytes.length > mostHeadBytes) throw new Error('The head of the answer does not end.');
    return undefined;
  }
  const text = bytes.toString('latin1', 0, at);
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  if (status === undefined) throw new Error('What came is no answer of HTTP/1.1.');
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  if (length === undefined && !/\r\ntransfer-encoding: *chunked/i.test(text))
    throw new Error('The answer does not say how long it is.');
  return {
    status: Number(status),
    last: /\r\nconnection: *close/i.test(text),
    end: at + headEnd.length,
    length: length === undefined ? undefined : Number(length),
  };
}

/** Undefined until the last chunk and the empty line behind it are there. */
function readChunks(bytes: Buffer, start: number): string | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, Math.min(lineEnd, at + 16)), 16);
    if (!(size >= 0)) throw new Error('A chunk of the answer has no length.');
    const from = lineEnd + 2;
    if (size === 0) {
      // Trailers, of which nobody makes use, end with an empty line as a head does.
      return bytes.indexOf(headEnd, lineEnd) < 0 ? undefined : Buffer.concat(chunks).toString();
    }
    if (bytes.length < from + size + 2) return undefined;
    chunks.push(bytes.subarray(from, from + size));
    at = from + size + 2;
  }
}
