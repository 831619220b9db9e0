export interface Random {
  /** Uniform in [0, 1) with 53 random bits. */
  next(): number;
  /** Uniform integer in [0, n), without modulo bias; n is 1 … 2^32. */
  integer(n: number): number;
  /** Standard normal deviate. */
  normal(): number;
  /** Fisher–Yates shuffle in place; returns its argument. */
  shuffle<T extends ShuffleTarget>(values: T): T;
}

interface ShuffleTarget {
  readonly length: number;
  [index: number]: unknown;
}

/**
 * The one seeded generator of this package: the same seed gives the same stream on every machine.
 * xoshiro128** (Blackman & Vigna 2018), its 128 bits of state filled by splitmix32 from `seed`.
 * `seed` is taken modulo 2^32, with the part above mixed in.
 */
export function createRandom(seed: number): Random {
  const nextSeed = splitmix32(foldSeed(seed));
  let a = nextSeed();
  let b = nextSeed();
  let c = nextSeed();
  let d = nextSeed() | 1; // an all-zero state would stay zero for ever
  let spare: number | null = null;

  function bits(): number {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  }

  function next(): number {
    const high = bits() >>> 5;
    const low = bits() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  function integer(n: number): number {
    const limit = 4294967296 - (4294967296 % n);
    let value = bits();
    while (value >= limit) value = bits();
    return value % n;
  }

  // Marsaglia's polar method: two deviates per accepted pair.
  function normal(): number {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    for (;;) {
      const u = 2 * next() - 1;
      const v = 2 * next() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * scale;
        return u * scale;
      }
    }
  }

  function shuffle<T extends ShuffleTarget>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      const held = values[i];
      values[i] = values[j];
      values[j] = held;
    }
    return values;
  }

  return { next, integer, normal, shuffle };
}

function foldSeed(seed: number): number {
  const high = Math.floor(seed / 4294967296);
  return (seed ^ Math.imul(high, 0x9e3779b9)) >>> 0;
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
