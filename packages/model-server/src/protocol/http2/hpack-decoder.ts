import { decodeHuffman } from './hpack-huffman.ts';
import { staticTable } from './hpack-static-table.ts';
import { errorCode, Http2Error } from './http2-frames.ts';

/** A request as its header block has it; `malformed` where it is not one (RFC 9113, section 8.2 and 8.3). */
interface RequestHeaders {
  /** Pseudo-headers with their colon; values of one name are joined by commas. */
  readonly fields: Readonly<Record<string, string>>;
  readonly malformed: boolean;
  /** It is longer than is taken; the fields are not all there. */
  readonly tooLong: boolean;
}

export interface HpackDecoder {
  /** Blocks are decoded in the order in which they came, each of them. Throws Http2Error. */
  decode(block: Buffer, isTrailers: boolean): RequestHeaders;
}

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly sound: boolean;
}

const tableBytes = 4_096;
/** What an entry counts beside its name and value (RFC 7541, section 4.1). */
const entryOverhead = 32;
/** The size of the fields that are taken: as much as gRPC's own servers take. */
export const longestHeaders = 16 * 1024;
const name = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** A value has no line ends, and no white space around it. */
const value = /^(?:[^\0\r\n\t ](?:[^\0\r\n]*[^\0\r\n\t ])?)?$/;
const pseudo: ReadonlySet<string> = new Set([':method', ':scheme', ':path', ':authority']);
/** They are of the connection, which HTTP/2 keeps itself. */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

const fixed: readonly Entry[] = staticTable.map(([known, given]) => entryOf(known, given));

/** Reads the compressed headers of one connection (RFC 7541). */
export function createHpackDecoder(): HpackDecoder {
  /** The newest last. */
  let table: Entry[] = [];
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
    const found = index <= fixed.length ? fixed[index - 1] : table[table.length - (index - fixed.length)];
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
    size += sizeOf(added);
    evict();
  }

  function evict(): void {
    let gone = 0;
    while (size > most) size -= sizeOf(table[gone++] as Entry);
    if (gone > 0) table = table.slice(gone);
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
      const fields: Record<string, string> = Object.create(null);
      let malformed = false;
      let length = 0;
      let regular = isTrailers;
      let first = true;
      while (at < end) {
        const found = next(first);
        if (found === undefined) continue;
        first = false;
        length += sizeOf(found);
        if (length > longestHeaders) continue;
        const isPseudo = found.name.startsWith(':');
        const before = fields[found.name];
        if (!found.sound || (isPseudo && (regular || before !== undefined))) malformed = true;
        if (!isPseudo) regular = true;
        fields[found.name] = before === undefined ? found.value : `${before}, ${found.value}`;
      }
      if (!isTrailers && !isRequest(fields)) malformed = true;
      return { fields, malformed, tooLong: length > longestHeaders };
    },
  };
}

function isRequest(fields: Readonly<Record<string, string>>): boolean {
  return fields[':method'] !== undefined && fields[':scheme'] !== undefined && (fields[':path'] ?? '') !== '';
}

function entryOf(known: string, given: string): Entry {
  return { name: known, value: given, sound: isSound(known, given) };
}

function isSound(known: string, given: string): boolean {
  if (!name.test(known) || !value.test(given)) return false;
  if (known.startsWith(':')) return pseudo.has(known);
  return !ofConnection.has(known) && (known !== 'te' || given === 'trailers');
}

function sizeOf(measured: Entry): number {
  return entryOverhead + measured.name.length + measured.value.length;
}

function broken(what: string): Http2Error {
  return new Http2Error(errorCode.compressionError, what);
}
