import { staticTable } from './hpack-static-table.ts';

/** A field of an answer. One that is `kept` comes again and again: a connection learns it, and from then on its number. */
export interface AnswerField {
  readonly name: string;
  readonly value: string;
  readonly kept?: true;
}

export interface HpackEncoder {
  /**
   * Writes a block from a place on, where there is room for `longestBlockOf` it; returns the place after it. Blocks go out in
   * the order in which they are written.
   */
  write(fields: readonly AnswerField[], block: Buffer, start: number): number;
  /** How large a table the other side keeps. */
  allow(tableBytes: number): void;
}

const usualTableBytes = 4_096;
const statusOk = 0x80 | (1 + staticTable.findIndex(([name, value]) => name === ':status' && value === '200'));
/** A field without indexing, one that is learnt, and the table of learnt ones emptied (RFC 7541, section 6). */
const [once, learnt, tableOfNone] = [0x00, 0x40, 0x20];

/** Writes the headers of one connection (RFC 7541), without the Huffman code. */
export function createHpackEncoder(): HpackEncoder {
  /** In the order in which they were learnt. */
  const known: AnswerField[] = [];
  let learns = true;
  let tellsOfNone = false;

  function indexOf(field: AnswerField): number {
    const place = known.indexOf(field);
    return place < 0 ? 0 : staticTable.length + known.length - place;
  }

  return {
    allow(tableBytes) {
      if (tableBytes >= usualTableBytes || !learns) return;
      // What is kept is far less than the usual table, and is not told apart further.
      learns = false;
      tellsOfNone = true;
      known.length = 0;
    },
    write(fields, block, start) {
      let at = start;
      if (tellsOfNone) {
        block[at++] = tableOfNone;
        tellsOfNone = false;
      }
      for (const field of fields) {
        if (field.name === ':status' && field.value === '200') {
          block[at++] = statusOk;
          continue;
        }
        const index = indexOf(field);
        if (index > 0) {
          block[at++] = 0x80 | index;
          continue;
        }
        const keeps = learns && field.kept === true;
        block[at++] = keeps ? learnt : once;
        if (keeps) known.push(field);
        at = writeText(block, at, field.name);
        at = writeText(block, at, field.value);
      }
      return at;
    },
  };
}

/** No block of these fields is longer. */
export function longestBlockOf(fields: readonly AnswerField[]): number {
  let length = 1;
  for (const { name, value } of fields) length += name.length + value.length + 9;
  return length;
}

/** Its length as a number with a prefix of seven bits (section 5.1), then its octets. */
function writeText(block: Buffer, start: number, text: string): number {
  let at = start;
  if (text.length < 127) block[at++] = text.length;
  else {
    block[at++] = 127;
    let rest = text.length - 127;
    for (; rest > 127; rest >>= 7) block[at++] = (rest & 127) | 128;
    block[at++] = rest;
  }
  return at + block.write(text, at, 'latin1');
}
