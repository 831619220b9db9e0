import type { Clock } from './clock.ts';
import type { RandomSource } from './random-source.ts';

/**
 * Makes ids that sort in the order they were made: `<prefix>_<10 characters of time><16 characters of chance>`. Within one
 * millisecond (or when the clock is set back) the chance part counts up from the id before, as in monotonic ULIDs.
 */
export interface IdGenerator {
  next(prefix: string): string;
}

// Crockford's base 32: no I, L, O, U, so an id read aloud or copied by hand stays the same.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export function createIdGenerator(deps: { clock: Clock; random: RandomSource }): IdGenerator {
  let time = 0;
  let tail: number[] = [];
  return {
    next(prefix) {
      const now = deps.clock.now();
      if (now > time) {
        time = now;
        tail = Array.from(deps.random.bytes(16), (byte) => byte & 31);
      } else {
        countUp(tail);
      }
      return `${prefix}_${encodeTime(time)}${tail.map((digit) => alphabet.charAt(digit)).join('')}`;
    },
  };
}

function encodeTime(time: number): string {
  let head = '';
  for (let position = 0; position < 10; position++) {
    head = alphabet.charAt(time % 32) + head;
    time = Math.floor(time / 32);
  }
  return head;
}

function countUp(digits: number[]): void {
  for (let position = digits.length - 1; position >= 0; position--) {
    const digit = digits[position] ?? 0;
    digits[position] = (digit + 1) % 32;
    if (digit < 31) return;
  }
}
