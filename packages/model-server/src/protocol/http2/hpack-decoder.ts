import { decodeHuffman } from './hpack-huffman.ts';
import { staticTable } from './hpack-static-table.ts';
import { errorCode, Http2Error } from './http2-frames.ts';

/** A field of a request; pseudo-headers have their colon. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** A request as its header block has it; `malformed` where it is not one (RFC 9113, section 8.2 and 8.3). */
interface RequestHeaders {
  /** In their order. Those that the connection has learnt are the same from one request to the next. */
  readonly fields: readonly HeaderField[];
  readonly malformed: boolean;
  /** It is longer than is taken; the fields are not all there. */
  readonly tooLong: boolean;
}

export interface HpackDecoder {
  /** Blocks are decoded in the order in which they came, each of them. Throws Http2Error. */
  decode(block: Buffer, isTrailers: boolean): RequestHeaders;
}

interface Entry extends HeaderField {
  readonly sound: boolean;
  /** One bit for each pseudo-header of a request; 0 for any other field. */
  readonly pseudo: number;
  readonly size: number;
}

const tableBytes = 4_096;
/** What an entry counts beside its name and value (RFC 7541, section 4.1). */
const entryOverhead = 32;
/** The size of the fields that are taken: as much as gRPC's own servers take. */
export const longestHeaders = 16 * 1024;
const name = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** A value has no line ends, and no white space around it. */
const value = /^(?:[^\0\r\n\t ](?:[^\0\r\n]*[^\0\r\n\t ])?)?$/;
const pseudo: ReadonlyMap<string, number> = new Map([
  [':method', 1],
  [':scheme', 2],
  [':path', 4],
  [':authority', 8],
]);
const ofPath = 4;
/** A request has these. */
const necessary = 1 | 2 | ofPath;
/** They are of the connection, which HTTP/2 keeps itself. */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

const fixed: readonly Entry[] = staticTable.map(([known, given]) => entryOf(known, given));
/** Stands where an entry stood that nobody may ask for any longer. */
const gone = entryOf('gone', '');

/** Reads the compressed headers of one connection (RFC 7541). */
export function createHpackDecoder(): HpackDecoder {
  /** The newest last; those before `oldest` have gone. */
  let table: Entry[] = [];
  let oldest = 0;
  let size = 0;
  let most = tableBytes;
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;
  let end = 0;

  function integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1;
    let found = octet() & mask;
    if (found < mask) return found;
    for (let shift = 1; shift <= 2 ** 21; shift *= 128) {
      const next = octet();
      found += (next & 127) * shift;
      if (next < 128) return found;
    }
    throw broken('a number is too large');
  }

  function octet(): number {
    if (at >= end) throw broken('the block ends too early');
    return bytes[at++] as number;
  }

  function text(): string {
    const packed = ((bytes[at] ?? 0) & 128) !== 0;
    const length = integer(7);
    const from = at;
    if (length > end - from) throw broken('the block ends too early');
    at += length;
    if (!packed) return bytes.toString('latin1', from, at);
    const found = decodeHuffman(bytes, from, at);
    if (found === undefined) throw broken('a text is not in the code');
    return found;
  }

  function entry(index: number): Entry {
    if (index <= fixed.length) {
      const found = fixed[index - 1];
      if (found !== undefined) return found;
    }
    const place = table.length - (index - fixed.length);
    const found = place < oldest ? undefined : table[place];
    if (found === undefined) throw broken('an index points nowhere');
    return found;
  }

  function literal(prefixBits: number): Entry {
    const index = integer(prefixBits);
    return entryOf(index === 0 ? text() : entry(index).name, text());
  }

  function resize(wanted: number): void {
    if (wanted > tableBytes) throw broken('the table is larger than was agreed');
    most = wanted;
    evict();
  }

  function insert(added: Entry): void {
    table.push(added);
    size += added.size;
    evict();
  }

  function evict(): void {
    while (size > most) {
      size -= (table[oldest] as Entry).size;
      table[oldest++] = gone;
    }
    if (oldest < 64 || 2 * oldest < table.length) return;
    table = table.slice(oldest);
    oldest = 0;
  }

  function next(mayResize: boolean): Entry | undefined {
    const first = bytes[at] as number;
    if (first >= 128) return entry(integer(7));
    if (first >= 64) {
      const added = literal(6);
      insert(added);
      return added;
    }
    if (first < 32) return literal(4);
    if (!mayResize) throw broken('the table changes its size too late');
    resize(integer(5));
    return undefined;
  }

  return {
    decode(block, isTrailers) {
      bytes = block;
      at = 0;
      end = block.length;
      const fields: Entry[] = [];
      let malformed = false;
      let length = 0;
      let given = 0;
      let regular = isTrailers;
      let first = true;
      while (at < end) {
        const found = next(first);
        if (found === undefined) continue;
        first = false;
        length += found.size;
        if (length > longestHeaders) continue;
        const bit = found.pseudo;
        if (!found.sound || (bit !== 0 && (regular || (given & bit) !== 0))) malformed = true;
        if (bit === 0) regular = true;
        if (bit === ofPath && found.value === '') malformed = true;
        given |= bit;
        fields.push(found);
      }
      if (!isTrailers && (given & necessary) !== necessary) malformed = true;
      return { fields, malformed, tooLong: length > longestHeaders };
    },
  };
}

/** The value of a field; values of one name are joined by commas. */
export function fieldOf(fields: readonly HeaderField[], wanted: string): string | undefined {
  let found: string | undefined;
  for (const field of fields)
    if (field.name === wanted) found = found === undefined ? field.value : `${found}, ${field.value}`;
  return found;
}

function entryOf(known: string, given: string): Entry {
  return {
    name: known,
    value: given,
    sound: isSound(known, given),
    pseudo: pseudo.get(known) ?? 0,
    size: entryOverhead + known.length + given.length,
  };
}

function isSound(known: string, given: string): boolean {
  if (!name.test(known) || !value.test(given)) return false;
  if (known.startsWith(':')) return pseudo.has(known);
  return !ofConnection.has(known) && (known !== 'te' || given === 'trailers');
}

function broken(what: string): Http2Error {
  return new Http2Error(errorCode.compressionError, what);
}
