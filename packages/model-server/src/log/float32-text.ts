/** No text that is written here is longer. */
export const longestFloat32Text = 32;

const [zero, point, minus] = [0x30, 0x2e, 0x2d];
/** What doubles hold exactly. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);
/** Of a float32 these many digits are mostly enough, and these always. */
const [fewestDigits, mostDigits] = [7, 9];
/** Between these a number is written without an exponent; from the second on it is whole. */
const [least, firstWhole, mostWhole] = [1e-6, 2 ** 23, 2 ** 31];

/**
 * Writes a finite float32 as JSON, and returns the place after it: with as few digits (7 to 9) as it takes to read the same
 * float32 again. As the double that it is it would have 17, and take four times as long.
 */
export function writeFloat32(bytes: Uint8Array, start: number, value: number): number {
  const size = Math.abs(value);
  if (size < least || size >= mostWhole) return writeText(bytes, start, String(value));
  let at = start;
  if (value < 0) bytes[at++] = minus;
  if (size >= firstWhole) return writeDigits(bytes, at, size, 0);
  const whole = wholeDigitsOf(size);
  for (let digits = fewestDigits; digits <= mostDigits; digits++) {
    const scale = powersOfTen[digits - whole] as number;
    const scaled = Math.round(size * scale);
    // The quotient is what is read from the text: both numbers are exact, so that it is rounded once.
    if (Math.fround(scaled / scale) === size) return writeDigits(bytes, at, scaled, digits - whole);
  }
  return writeText(bytes, start, String(value));
}

const scratch = Buffer.alloc(longestFloat32Text);

/** The same as a text; what is not finite is null. */
export function float32Text(value: number): string {
  return Number.isFinite(value) ? scratch.toString('latin1', 0, writeFloat32(scratch, 0, value)) : 'null';
}

/** Digits before the point; below one, minus the zeros behind it. */
function wholeDigitsOf(size: number): number {
  let digits = 1;
  while (digits < 7 && size >= (powersOfTen[digits] as number)) digits += 1;
  while (digits > -5 && size * (powersOfTen[1 - digits] as number) < 1) digits -= 1;
  return digits;
}

/** `scaled` / 10^places without the zeros that say nothing. */
function writeDigits(bytes: Uint8Array, start: number, scaled: number, places: number): number {
  let rest = scaled | 0;
  let left = places;
  while (left > 0 && rest % 10 === 0) {
    rest = (rest / 10) | 0;
    left -= 1;
  }
  let length = left + 1;
  for (let power = powersOfTen[length] as number; rest >= power; power *= 10) length += 1;
  const end = start + length + (left > 0 ? 1 : 0);
  let at = end;
  for (let digit = 0; digit < length; digit++) {
    if (digit === left && left > 0) bytes[--at] = point;
    const next = (rest / 10) | 0;
    bytes[--at] = zero + rest - 10 * next;
    rest = next;
  }
  return end;
}

function writeText(bytes: Uint8Array, start: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
  return start + text.length;
}
