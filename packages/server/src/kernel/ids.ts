import type { Clock } from './clock.ts';
import type { RandomSource } from './random-source.ts';

/** Makes ids that sort by creation time: `<prefix>_<10 characters of time><16 characters of chance>`. */
export interface IdGenerator {
  next(prefix: string): string;
}

// Crockford's base 32: no I, L, O, U, so an id read aloud or copied by hand stays the same.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export function createIdGenerator(deps: { clock: Clock; random: RandomSource }): IdGenerator {
  return {
    next(prefix) {
      let time = deps.clock.now();
      let head = '';
      for (let position = 0; position < 10; position++) {
        head = alphabet.charAt(time % 32) + head;
        time = Math.floor(time / 32);
      }
      let tail = '';
      for (const byte of deps.random.bytes(16)) tail += alphabet.charAt(byte & 31);
      return `${prefix}_${head}${tail}`;
    },
  };
}
