/** A whole number from 0 to 2^53 in groups of seven bits, the lowest first (LEB128, which Protocol Buffers call varint). */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}
