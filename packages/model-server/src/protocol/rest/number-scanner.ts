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
/** An integer below this takes one more digit and stays below 2^31. */
const roomForDigit = 1e8;
/** The same for four digits more. */
const roomForFour = 1e5;
/** So many digits behind those are exact together with them in a double: the mantissa. The rest are its tail. */
const exactLowDigits = 6;
/** With so many digits behind the first, their number is exact too. */
const mostLowDigits = 13;

const firstLength = 256;
/** Room for more than this was for one large request, and is given back. */
const keptLength = 64 * 1024;

export function createNumberScanner(): NumberScanner {
  let values = new Float64Array(firstLength);
  let starts = new Int32Array(firstLength);
  let ends = new Int32Array(firstLength);
  let view: DataView = new DataView(values.buffer);
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
    if (count === values.length) grow();
    starts[count] = at;
    if (!(bytes[at] === lowerN ? scanNull(bytes) : scanNumber(bytes))) return false;
    ends[count] = at;
    count += 1;
    return true;
  }

  function scanNull(bytes: Uint8Array): boolean {
    for (const [offset, byte] of nullRest.entries()) if (bytes[at + 1 + offset] !== byte) return false;
    at += 4;
    values[count] = Number.NaN;
    return true;
  }

  /** By the grammar of RFC 8259, rounded as ECMAScript does. The value goes to its place: a result would be boxed. */
  function scanNumber(bytes: Uint8Array): boolean {
    const start = at;
    const negative = bytes[start] === minus;
    const wholeStart = negative ? start + 1 : start;
    let place = wholeStart;
    let pointAt = -1;
    // The first digits in an integer of the processor, the rest in another number.
    let high = 0;
    let low = 0;
    let lowDigits = 0;
    for (;;) {
      const byte = bytes[place] ?? 0;
      if (byte >= zero && byte <= nine) {
        if (high < roomForDigit && lowDigits === 0) high = high * 10 + (byte - zero);
        else {
          if (lowDigits < mostLowDigits) low = low * 10 + (byte - zero);
          lowDigits += 1;
        }
        place += 1;
      } else if (byte === dot && pointAt < 0) {
        pointAt = place;
        place += 1;
        // Most digits stand behind the point.
        for (; place <= bytes.length - 4 && lowDigits <= mostLowDigits - 4; place += 4) {
          const four = fourDigits(view.getInt32(place, true));
          if (four < 0) break;
          if (high < roomForFour && lowDigits === 0) high = high * 10_000 + four;
          else {
            low = low * 10_000 + four;
            lowDigits += 4;
          }
        }
      } else break;
    }
    at = place;
    const wholeEnd = pointAt < 0 ? place : pointAt;
    const wholeDigits = wholeEnd - wholeStart;
    if (wholeDigits === 0 || (wholeDigits > 1 && bytes[wholeStart] === zero)) return false;
    if (pointAt === place - 1) return false;
    let exponent = pointAt < 0 ? 0 : pointAt + 1 - place;
    if (bytes[place] === lowerE || bytes[place] === upperE) {
      const power = scanExponent(bytes);
      if (power === undefined) return false;
      exponent += power;
    }
    const value = lowDigits > mostLowDigits ? Number.NaN : nearestOf(high, low, lowDigits, exponent);
    if (Number.isNaN(value)) values[count] = Number(latin1(bytes, start, at));
    else values[count] = negative ? -value : value;
    return true;
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
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
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

/** The number of four digits that were read as one integer, the first of them in its lowest byte; -1 where one is no digit. */
function fourDigits(read: number): number {
  const digits = read ^ 0x30303030;
  // A byte of more than nine carries into its highest bit.
  if (((digits | (digits + 0x76767676)) & 0x80808080) !== 0) return -1;
  const pairs = digits * 10 + (digits >>> 8);
  return (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
}

/** The double nearest to (high · 10^lowDigits + low) · 10^exponent; NaN where that cannot be told for certain. */
function nearestOf(high: number, low: number, lowDigits: number, exponent: number): number {
  if (exponent < -22 || exponent > 22) return Number.NaN;
  if (lowDigits <= exactLowDigits) {
    const mantissa = high * (powersOfTen[lowDigits] as number) + low;
    const power = powersOfTen[Math.abs(exponent)] as number;
    return exponent < 0 ? mantissa / power : mantissa * power;
  }
  const tailDigits = lowDigits - exactLowDigits;
  const tailPower = powersOfTen[tailDigits] as number;
  const middle = Math.floor(low / tailPower);
  const mantissa = high * (powersOfTen[exactLowDigits] as number) + middle;
  return withTail(mantissa, low - middle * tailPower, -exponent - tailDigits, -exponent);
}

/** The double nearest to mantissa / 10^headPlaces + tail / 10^tailPlaces; NaN where that cannot be told for certain. */
function withTail(mantissa: number, tail: number, headPlaces: number, tailPlaces: number): number {
  if (headPlaces < 0) return Number.NaN;
  const divisor = powersOfTen[headPlaces] as number;
  const quotient = mantissa / divisor;
  const correction =
    remainder(mantissa, quotient, divisor) / divisor + tail / (powersOfTen[tailPlaces] as number);
  const value = quotient + correction;
  // What rounding cut off (Dekker 1971); where it is half a step, as near as the correction is true, it may go either way.
  const cutOff = quotient - value + correction;
  return value + cutOff * nearlyOne === value ? value : Number.NaN;
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

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}
