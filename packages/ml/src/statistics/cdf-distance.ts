import type { Values } from '../numeric-values.ts';
import { hasNaN, numberOrNull, sortedCopy } from './sample.ts';

/** Wasserstein-1 distance, the integral of |F1 - F2|, exact; null when a sample is empty or holds NaN. */
export function wassersteinDistance(first: Values, second: Values): number | null {
  return integrateCdfDifference(first, second, Math.abs);
}

/** Energy distance sqrt(2 * integral of (F1 - F2)^2); null when a sample is empty or holds NaN. */
export function energyDistance(first: Values, second: Values): number | null {
  const integral = integrateCdfDifference(first, second, (difference) => difference * difference);
  return integral === null ? null : Math.sqrt(2 * integral);
}

function integrateCdfDifference(
  first: Values,
  second: Values,
  measure: (difference: number) => number,
): number | null {
  if (first.length === 0 || second.length === 0 || hasNaN(first) || hasNaN(second)) return null;
  const a = sortedCopy(first);
  const b = sortedCopy(second);
  let i = 0;
  let j = 0;
  let previous = Math.min(a[0] ?? 0, b[0] ?? 0);
  let sum = 0;
  while (i < a.length || j < b.length) {
    const x = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    // Equal points add nothing; skipping them keeps infinity minus infinity out of the sum.
    if (x !== previous) sum += measure(i / a.length - j / b.length) * (x - previous);
    previous = x;
    while (i < a.length && a[i] === x) i++;
    while (j < b.length && b[j] === x) j++;
  }
  return numberOrNull(sum);
}
