/** The numbers of a JSON array of numbers, with the places of their texts. Reused from one scan to the next. */
export interface ScannedNumbers {
  readonly values: Float64Array;
  /** Where the text of each number starts and ends in the bytes. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
  /** Rows of an array of arrays, and the numbers in each; 0 for a flat array. */
  readonly rows: number;
  readonly width: number;
  /** After the closing bracket. */
  readonly end: number;
}

export interface NumberScanner {
  /**
   * Reads the array that starts at `from`: numbers and nulls (NaN), flat or in rows of one length. Undefined for anything
   * else, malformed or not. The result holds until the next scan.
   */
  scan(bytes: Uint8Array, from: number): ScannedNumbers | undefined;
}

const [space, tab, lineFeed, carriageReturn] = [0x20, 0x09, 0x0a, 0x0d];
const [comma, open, close, minus, plus, dot, zero, nine] = [0x2c, 0x5b, 0x5d, 0x2d, 0x2b, 0x2e, 0x30, 0x39];
const [lowerE, upperE, lowerN] = [0x65, 0x45, 0x6e];
const nullRest = [0x75, 0x6c, 0x6c];
/** What doubles hold exactly: with a mantissa below 2^53, one multiplication or division by these rounds right (Clinger 1990). */
const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);
/** A mantissa below this takes one more digit and stays below 2^53, so that it is exact. */
const roomForDigit = 9e14;
/** With so many digits behind the mantissa, their number is exact too. */
const mostTailDigits = 7;

const firstLength = 256;
/** Room for more than this was for one large request, and is given back. */
const keptLength = 64 * 1024;

export function createNumberScanner(): NumberScanner {
  let values = new Float64Array(firstLength);
  let starts = new Int32Array(firstLength);
  let ends = new Int32Array(firstLength);
  let count = 0;
  let at = 0;

  function skipSpace(bytes: Uint8Array): number {
    for (;;) {
      const byte = bytes[at] ?? 0;
      if (byte !== space && byte !== lineFeed && byte !== carriageReturn && byte !== tab) return byte;
      at += 1;
    }
  }

  /** Numbers up to the closing bracket, which is passed over; how many, or -1. */
  function scanRow(bytes: Uint8Array): number {
    const before = count;
    if (skipSpace(bytes) === close) {
      at += 1;
      return 0;
    }
    for (;;) {
      skipSpace(bytes);
      if (!scanValue(bytes)) return -1;
      const next = skipSpace(bytes);
      at += 1;
      if (next === close) return count - before;
      if (next !== comma) return -1;
    }
  }

  function scanValue(bytes: Uint8Array): boolean {
    const start = at;
    const value = bytes[at] === lowerN ? scanNull(bytes) : scanNumber(bytes);
    if (value === undefined) return false;
    if (count === values.length) grow();
    values[count] = value;
    starts[count] = start;
    ends[count] = at;
    count += 1;
    return true;
  }

  function scanNull(bytes: Uint8Array): number | undefined {
    for (const [offset, byte] of nullRest.entries()) if (bytes[at + 1 + offset] !== byte) return undefined;
    at += 4;
    return Number.NaN;
  }

  /** By the grammar of RFC 8259, rounded as ECMAScript does. */
  function scanNumber(bytes: Uint8Array): number | undefined {
    const start = at;
    const negative = bytes[start] === minus;
    const wholeStart = negative ? start + 1 : start;
    let place = wholeStart;
    let pointAt = -1;
    // Digits that no longer fit into the mantissa go to the tail.
    let mantissa = 0;
    let tail = 0;
    let tailDigits = 0;
    for (;;) {
      const byte = bytes[place] ?? 0;
      if (byte >= zero && byte <= nine) {
        if (tailDigits === 0 && mantissa < roomForDigit) mantissa = mantissa * 10 + (byte - zero);
        else {
          tail = tail * 10 + (byte - zero);
          tailDigits += 1;
        }
      } else if (byte === dot && pointAt < 0) pointAt = place;
      else break;
      place += 1;
    }
    at = place;
    const wholeEnd = pointAt < 0 ? place : pointAt;
    const wholeDigits = wholeEnd - wholeStart;
    if (wholeDigits === 0 || (wholeDigits > 1 && bytes[wholeStart] === zero)) return undefined;
    if (pointAt === place - 1) return undefined;
    let exponent = pointAt < 0 ? 0 : pointAt + 1 - place;
    if (bytes[place] === lowerE || bytes[place] === upperE) {
      const power = scanExponent(bytes);
      if (power === undefined) return undefined;
      exponent += power;
    }
    const value = scaled(mantissa, tail, tailDigits, exponent);
    if (value !== undefined) return negative ? -value : value;
    let text = '';
    for (let i = start; i < at; i++) text += String.fromCharCode(bytes[i] ?? 0);
    return Number(text);
  }

  function scanExponent(bytes: Uint8Array): number | undefined {
    at += 1;
    const negative = bytes[at] === minus;
    if (negative || bytes[at] === plus) at += 1;
    const start = at;
    let power = 0;
    for (let digit = (bytes[at] ?? 0) - zero; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - zero) {
      power = Math.min(100_000, power * 10 + digit);
      at += 1;
    }
    if (at === start) return undefined;
    return negative ? -power : power;
  }

  function reset(): void {
    values = new Float64Array(firstLength);
    starts = new Int32Array(firstLength);
    ends = new Int32Array(firstLength);
  }

  function grow(): void {
    const larger = {
      values: new Float64Array(2 * count),
      starts: new Int32Array(2 * count),
      ends: new Int32Array(2 * count),
    };
    larger.values.set(values);
    larger.starts.set(starts);
    larger.ends.set(ends);
    ({ values, starts, ends } = larger);
  }

  return {
    scan(bytes, from) {
      if (values.length > keptLength) reset();
      count = 0;
      at = from + 1;
      let rows = 0;
      let width = 0;
      if (bytes[from] !== open) return undefined;
      if (skipSpace(bytes) !== open) {
        if (scanRow(bytes) < 0) return undefined;
        return { values, starts, ends, count, rows, width, end: at };
      }
      for (;;) {
        if (skipSpace(bytes) !== open) return undefined;
        at += 1;
        const found = scanRow(bytes);
        if (found < 0 || (rows > 0 && found !== width)) return undefined;
        width = found;
        rows += 1;
        const next = skipSpace(bytes);
        at += 1;
        if (next === close) return { values, starts, ends, count, rows, width, end: at };
        if (next !== comma) return undefined;
      }
    },
  };
}

/**
 * The double nearest to (mantissa · 10^tailDigits + tail) · 10^exponent, for the powers that doubles hold exactly. Undefined
 * where that cannot be told for certain.
 */
function scaled(mantissa: number, tail: number, tailDigits: number, exponent: number): number | undefined {
  if (tailDigits === 0) {
    if (exponent < -22 || exponent > 22) return undefined;
    const power = powersOfTen[Math.abs(exponent)] ?? 1;
    return exponent < 0 ? mantissa / power : mantissa * power;
  }
  const headPlaces = -exponent - tailDigits;
  if (tailDigits > mostTailDigits || headPlaces < 0 || exponent < -22) return undefined;
  const divisor = powersOfTen[headPlaces] ?? 1;
  const quotient = mantissa / divisor;
  const correction = remainder(mantissa, quotient, divisor) / divisor + tail / (powersOfTen[-exponent] ?? 1);
  const value = quotient + correction;
  // What rounding cut off (Dekker 1971); where it is half a step, as near as the correction is true, it may go either way.
  const cutOff = quotient - value + correction;
  return value + cutOff * nearlyOne === value ? value : undefined;
}

const nearlyOne = 1 + 2 ** -20;
const splitter = 2 ** 27 + 1;

/** dividend - quotient · divisor without an error, by halves of 26 bits whose products are exact (Veltkamp 1968, Dekker 1971). */
function remainder(dividend: number, quotient: number, divisor: number): number {
  const product = quotient * divisor;
  const largeQ = splitter * quotient;
  const highQ = largeQ - (largeQ - quotient);
  const lowQ = quotient - highQ;
  const largeD = splitter * divisor;
  const highD = largeD - (largeD - divisor);
  const lowD = divisor - highD;
  const error = highQ * highD - product + highQ * lowD + lowQ * highD + lowQ * lowD;
  return dividend - product - error;
}
