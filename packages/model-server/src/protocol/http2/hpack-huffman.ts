/**
 * The Huffman code of HPACK (RFC 7541, appendix B). It is canonical: the lengths of the codes tell the codes, shorter ones
 * first and symbols of one length in their order.
 */
const printable: readonly (readonly [length: number, symbols: string])[] = [
  [5, '012aceiost'],
  [6, ' %-./3456789=A_bdfghlmnpru'],
  [7, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'],
  [8, '&*,;XZ'],
  [10, '!"()?'],
  [11, "'+|"],
  [12, '#>'],
  [13, '$@[]~'],
  [14, '^}'],
  [15, '<`{'],
  [19, '\\'],
];
const others: readonly (readonly [length: number, symbols: readonly number[]])[] = [
  [13, [0]],
  [19, [195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [
      129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190,
      196, 198, 228, 232, 233,
    ],
  ],
  [
    23,
    [
      1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175,
      180, 182, 183, 188, 191, 197, 231, 239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254]],
  [
    28,
    [
      2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127,
      220, 249,
    ],
  ],
  [30, [10, 13, 22, 256]],
];
const endOfString = 256;
/** Two entries per node, for a bit of 0 and of 1: the next node, or -1 - symbol. */
const tree = growTree();
const longestPadding = 7;

/** Undefined where the bytes are not a text in the code, whole and with the padding that belongs to it (section 5.2). */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = '';
  let node = 0;
  let bits = 0;
  let onlyOnes = true;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >> shift) & 1;
      const next = tree[2 * node + bit] as number;
      bits += 1;
      if (bit === 0) onlyOnes = false;
      if (next >= 0) {
        node = next;
        continue;
      }
      const symbol = -1 - next;
      if (symbol === endOfString) return undefined;
      text += String.fromCharCode(symbol);
      node = 0;
      bits = 0;
      onlyOnes = true;
    }
  }
  return bits <= longestPadding && onlyOnes ? text : undefined;
}

function growTree(): Int32Array {
  const lengths = new Map<number, number>();
  for (const [length, symbols] of printable)
    for (const symbol of symbols) lengths.set(symbol.charCodeAt(0), length);
  for (const [length, symbols] of others) for (const symbol of symbols) lengths.set(symbol, length);
  const inOrder = [...lengths].sort(
    ([symbol, length], [other, otherLength]) => length - otherLength || symbol - other,
  );
  const nodes = new Int32Array(2 * lengths.size);
  let used = 1;
  let code = 0;
  let before = 0;
  for (const [symbol, length] of inOrder) {
    code <<= length - before;
    before = length;
    let node = 0;
    for (let shift = length - 1; shift > 0; shift--) {
      const branch = 2 * node + ((code >> shift) & 1);
      if (nodes[branch] === 0) nodes[branch] = used++;
      node = nodes[branch] as number;
    }
    nodes[2 * node + (code & 1)] = -1 - symbol;
    code += 1;
  }
  return nodes;
}
