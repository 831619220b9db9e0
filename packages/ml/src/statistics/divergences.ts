import { MlInputError } from '../ml-input-error.ts';
import { requireSameLength, type Values } from '../numeric-values.ts';
import { numberOrNull } from './sample.ts';

const DEFAULT_FLOOR = 1e-4;

/**
 * Proportions of a vector of counts or masses; null when they sum to zero or hold a NaN; no bins give no shares.
 * @throws MlInputError `COUNT_NEGATIVE`
 */
function proportions(counts: Values): Float64Array | null {
  if (counts.length === 0) return new Float64Array(0);
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] ?? 0;
    if (count < 0) throw new MlInputError('COUNT_NEGATIVE', `count ${i} is ${count}`);
    total += count;
  }
  if (!(total > 0) || !Number.isFinite(total)) return null;
  const shares = new Float64Array(counts.length);
  for (let i = 0; i < counts.length; i++) shares[i] = (counts[i] ?? 0) / total;
  return shares;
}

/**
 * Population stability index, the sum of (q - p) ln(q / p) over bins. Proportions of 0 become `floor` (part of the
 * method's identity; nothing is renormalised). Null when a side has no mass.
 */
export function populationStabilityIndex(
  reference: Values,
  current: Values,
  floor = DEFAULT_FLOOR,
): number | null {
  return overShares(reference, current, (p, q) => {
    const from = p === 0 ? floor : p;
    const to = q === 0 ? floor : q;
    return (to - from) * Math.log(to / from);
  });
}

/** Kullback–Leibler divergence KL(p‖q) in nats; Infinity where q misses mass of p. `floor` replaces zeros when given. */
export function kullbackLeibler(p: Values, q: Values, floor?: number): number | null {
  return overShares(p, q, (a, b) => {
    const from = a === 0 && floor !== undefined ? floor : a;
    const to = b === 0 && floor !== undefined ? floor : b;
    return from === 0 ? 0 : from * Math.log(from / to);
  });
}

/** Jensen–Shannon distance, the square root of the divergence, in `base` (default e; in base 2 it lies in [0, 1]). */
export function jensenShannonDistance(p: Values, q: Values, base: number = Math.E): number | null {
  const divergence = overShares(p, q, (a, b) => {
    const middle = (a + b) / 2;
    return 0.5 * ((a === 0 ? 0 : a * Math.log(a / middle)) + (b === 0 ? 0 : b * Math.log(b / middle)));
  });
  if (divergence === null) return null;
  const scale = base === Math.E ? 1 : Math.log(base);
  return Math.sqrt(Math.max(0, divergence / scale));
}

/** Hellinger distance sqrt(1 - sum sqrt(p q)). */
export function hellingerDistance(p: Values, q: Values): number | null {
  const overlap = overShares(p, q, (a, b) => Math.sqrt(a * b));
  return overlap === null ? null : Math.sqrt(Math.max(0, 1 - overlap));
}

/** L-infinity distance max |p - q|. */
export function lInfinityDistance(p: Values, q: Values): number | null {
  const a = sharesOfPair(p, q);
  if (a === null || a.first.length === 0) return null;
  let largest = 0;
  for (let i = 0; i < a.first.length; i++) {
    largest = Math.max(largest, Math.abs((a.first[i] ?? 0) - (a.second[i] ?? 0)));
  }
  return largest;
}

/** Total variation distance, half the sum of |p - q|. */
export function totalVariationDistance(p: Values, q: Values): number | null {
  const sum = overShares(p, q, (a, b) => Math.abs(a - b));
  return sum === null ? null : 0.5 * sum;
}

function overShares(p: Values, q: Values, term: (a: number, b: number) => number): number | null {
  const pair = sharesOfPair(p, q);
  if (pair === null) return null;
  let sum = 0;
  for (let i = 0; i < pair.first.length; i++) sum += term(pair.first[i] ?? 0, pair.second[i] ?? 0);
  return numberOrNull(sum);
}

function sharesOfPair(p: Values, q: Values): { first: Float64Array; second: Float64Array } | null {
  requireSameLength(p, q, 'p and q');
  const first = proportions(p);
  const second = proportions(q);
  return first === null || second === null ? null : { first, second };
}
