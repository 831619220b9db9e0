import type { IncomingHttpHeaders } from 'node:http';

/** The head of a request of the plainest kind. */
export interface PlainHead {
  readonly url: string;
  /** Names in lower case, each once. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** Where the body starts and ends in the bytes that the head was read from. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

const endOfHead = Buffer.from('\r\n\r\n');
const longestHead = 4 * 1024;
/** One octet, one meaning: no folded lines, no bare CR or LF, no white space before a colon (RFC 9112, sections 2.2 and 5). */
const plain = /^POST \/[!-~]* HTTP\/1\.1(?:\r\n[A-Za-z0-9-]+:[ -~]*)+$/;
const length = /^(?:0|[1-9][0-9]{0,9})$/;
/** They change how the body or the connection is to be read. */
const unusual = [
  'content-encoding',
  'transfer-encoding',
  'expect',
  'upgrade',
  'trailer',
  'te',
  'http2-settings',
  'proxy-connection',
];

// Clients send the same few heads all day; whoever sends others makes them be forgotten, and gains nothing.
const remembered = 512;
const known = new Map<string, Omit<PlainHead, 'bodyStart' | 'bodyEnd'> & { readonly length: number }>();

/**
 * Reads the head at the start of the bytes when it can be read in one way only: a POST of HTTP/1.1 with a host and one
 * length, whose connection goes on, each header once and in ASCII. Undefined for every other head, for a broken one, and
 * for one that has not come whole: those are for the parser of `node:http` to judge.
 */
export function readPlainHead(bytes: Buffer): PlainHead | undefined {
  const end = bytes.indexOf(endOfHead);
  if (end < 0 || end > longestHead) return undefined;
  const text = bytes.toString('latin1', 0, end);
  const head = known.get(text) ?? parse(text);
  if (head === undefined) return undefined;
  const bodyStart = end + endOfHead.length;
  return { url: head.url, headers: head.headers, bodyStart, bodyEnd: bodyStart + head.length };
}

function parse(text: string) {
  if (!plain.test(text)) return undefined;
  const [first = '', ...lines] = text.split('\r\n');
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (name in headers || unusual.includes(name)) return undefined;
    headers[name] = line.slice(colon + 1).trim();
  }
  const { host, connection = 'keep-alive', 'content-length': size = '' } = headers;
  if (host === undefined || connection.toLowerCase() !== 'keep-alive' || !length.test(size)) return undefined;
  const head = { url: first.split(' ')[1] ?? '', headers: Object.freeze(headers), length: Number(size) };
  if (known.size >= remembered) known.clear();
  known.set(text, head);
  return head;
}
