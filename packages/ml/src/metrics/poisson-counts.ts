import type { Random } from '../random.ts';

const LEVELS = 65536;

export interface PoissonCounts {
  /** Overwrites `counts` with independent Poisson(1) draws. */
  fill(counts: Uint8Array): void;
}

/**
 * Poisson(1) counts, the row weights of a bootstrap resample, two draws per 32 random bits by table look-up: the
 * probabilities are those of Poisson(1) rounded to 2^-16. The bits come from an xorshift stream seeded by `random`, as
 * a resample of a million rows needs them faster than the general generator gives them.
 */
export function createPoissonCounts(random: Random): PoissonCounts {
  const table = poissonTable();
  let x = random.integer(4294967296) | 1;
  let y = random.integer(4294967296);
  let z = random.integer(4294967296);
  let w = random.integer(4294967296);
  return {
    fill(counts) {
      const n = counts.length;
      for (let i = 0; i < n; i += 2) {
        // Marsaglia's xorshift128.
        const t = x ^ (x << 11);
        x = y;
        y = z;
        z = w;
        w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
        counts[i] = table[w & 0xffff] ?? 0;
        if (i + 1 < n) counts[i + 1] = table[w >>> 16] ?? 0;
      }
    },
  };
}

function poissonTable(): Uint8Array {
  const table = new Uint8Array(LEVELS);
  let probability = Math.exp(-1);
  let cumulative = probability;
  let count = 0;
  for (let level = 0; level < LEVELS; level++) {
    while ((level + 0.5) / LEVELS > cumulative && count < 12) {
      count++;
      probability /= count;
      cumulative += probability;
    }
    table[level] = count;
  }
  return table;
}
