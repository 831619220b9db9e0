import { MlInputError } from '../ml-input-error.ts';
import type { Values } from '../numeric-values.ts';

export type PAdjustment =
  | 'benjamini-hochberg'
  | 'benjamini-yekutieli'
  | 'bonferroni'
  | 'holm'
  | 'hommel'
  | 'simes-hochberg';

/**
 * p-values adjusted for testing many hypotheses at once, in input order and at most 1: reject where the adjusted p is
 * at most alpha. The first two control the false discovery rate, the others the chance of any false rejection.
 * @throws MlInputError `P_OUT_OF_RANGE`
 */
export function adjustPValues(p: Values, method: PAdjustment): Float64Array {
  const n = p.length;
  for (let i = 0; i < n; i++) {
    const value = p[i] ?? Number.NaN;
    if (!(value >= 0 && value <= 1)) throw new MlInputError('P_OUT_OF_RANGE', `p[${i}] is ${value}`);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => (p[a] ?? 0) - (p[b] ?? 0) || a - b);
  const sorted = Float64Array.from(order, (i) => p[i] ?? 0);
  const adjusted = adjustSorted(sorted, method);
  const result = new Float64Array(n);
  for (const [rank, row] of order.entries()) result[row] = Math.min(1, adjusted[rank] ?? 1);
  return result;
}

function adjustSorted(p: Float64Array, method: PAdjustment): Float64Array {
  const n = p.length;
  if (method === 'bonferroni') return p.map((value) => value * n);
  if (method === 'holm') return runningMaximum(p.map((value, i) => value * (n - i)));
  if (method === 'simes-hochberg') return runningMinimumFromEnd(p.map((value, i) => value * (n - i)));
  if (method === 'hommel') return hommel(p);
  let harmonic = 1;
  if (method === 'benjamini-yekutieli') {
    harmonic = 0;
    for (let i = 1; i <= n; i++) harmonic += 1 / i;
  }
  return runningMinimumFromEnd(p.map((value, i) => value / ((i + 1) / n / harmonic)));
}

/** Hommel 1988, by Wright's algorithm. */
function hommel(p: Float64Array): Float64Array {
  const n = p.length;
  const adjusted = Float64Array.from(p);
  for (let m = n; m > 1; m--) {
    let smallest = Infinity;
    for (let i = 1; i <= m; i++) smallest = Math.min(smallest, (m * (p[n - m + i - 1] ?? 1)) / i);
    for (let i = 0; i < n; i++) {
      const bound = i >= n - m ? smallest : Math.min(m * (p[i] ?? 1), smallest);
      adjusted[i] = Math.max(adjusted[i] ?? 0, bound);
    }
  }
  return adjusted;
}

function runningMaximum(values: Float64Array): Float64Array {
  for (let i = 1; i < values.length; i++) values[i] = Math.max(values[i] ?? 0, values[i - 1] ?? 0);
  return values;
}

function runningMinimumFromEnd(values: Float64Array): Float64Array {
  for (let i = values.length - 2; i >= 0; i--) values[i] = Math.min(values[i] ?? 1, values[i + 1] ?? 1);
  return values;
}
