import type { Values } from '../numeric-values.ts';
import { logGamma } from './gamma-functions.ts';
import { pooledRanks } from './ranks.ts';
import { hasNaN, NOT_COMPUTABLE, type TestResult } from './sample.ts';

/**
 * Two-sample Cramér–von Mises test (Anderson 1962). `exact` enumerates lattice paths (samples of a few tens),
 * `asymptotic` uses the limiting law. Not computable with fewer than two rows a side or NaN.
 */
export function cramerVonMises(first: Values, second: Values, method: 'exact' | 'asymptotic'): TestResult {
  const n = first.length;
  const m = second.length;
  if (n < 2 || m < 2 || hasNaN(first) || hasNaN(second)) return NOT_COMPUTABLE;
  const { ranks } = pooledRanks(Float64Array.from(first).sort(), Float64Array.from(second).sort());
  let own = 0;
  let other = 0;
  for (let i = 0; i < n; i++) own += ((ranks[i] ?? 0) - (i + 1)) ** 2;
  for (let j = 0; j < m; j++) other += ((ranks[n + j] ?? 0) - (j + 1)) ** 2;
  const u = n * own + m * other;
  const product = n * m;
  const total = n + m;
  const statistic = u / (product * total) - (4 * product - 1) / (6 * total);
  const p = method === 'exact' ? exactP(u, n, m) : asymptoticP(statistic, n, m);
  return { statistic, p };
}

function asymptoticP(statistic: number, n: number, m: number): number {
  const total = n + m;
  const product = n * m;
  const expectation = (1 + 1 / total) / 6;
  const variance =
    ((total + 1) * (4 * product * total - 3 * (n * n + m * m) - 2 * product)) /
    (45 * total * total * 4 * product);
  const standardised = 1 / 6 + (statistic - expectation) / Math.sqrt(45 * variance);
  return standardised < 0.003 ? 1 : Math.max(0, 1 - limitingCdf(standardised));
}

/** Anderson & Darling 1952, eq. (4.35): a series in Bessel K of order 1/4, cut where a term falls under 1e-7. */
function limitingCdf(x: number): number {
  let sum = 0;
  for (let k = 0; ; k++) {
    const front = Math.exp(logGamma(k + 0.5) - logGamma(k + 1)) / (Math.PI ** 1.5 * Math.sqrt(x));
    const y = 4 * k + 1;
    const q = (y * y) / (16 * x);
    const term = front * Math.sqrt(y) * Math.exp(-2 * q) * scaledBesselQuarter(q);
    sum += term;
    if (Math.abs(term) < 1e-7) return sum;
  }
}

/** e^x K_{1/4}(x) as the integral of exp(-x (cosh t - 1)) cosh(t / 4), by the trapezoid rule. */
function scaledBesselQuarter(x: number): number {
  const step = 1 / 64;
  let sum = 0.5;
  for (let i = 1; ; i++) {
    const t = i * step;
    const term = Math.exp(-x * (Math.cosh(t) - 1)) * Math.cosh(t / 4);
    sum += term;
    if (term < 1e-18 * sum) return sum * step;
  }
}

/**
 * Exact p by the recursion of Xiao, Gordon & Yakovlev 2007: the number of lattice paths for every value of the
 * statistic's integer form, one column of path ends at a time.
 */
function exactP(u: number, n: number, m: number): number {
  const lcm = (n / greatestCommonDivisor(n, m)) * m;
  const a = lcm / n;
  const b = lcm / m;
  const product = n * m;
  const bound = Math.floor(
    (lcm * lcm * (n + m) * (6 * u - product * (4 * product - 1))) / (6 * product * product),
  );
  let column: Map<number, number>[] = [];
  for (let v = 0; v <= n; v++) column.push(new Map());
  column[0]?.set(0, 1);
  for (let w = 0; w <= m; w++) {
    const next: Map<number, number>[] = [];
    let below = new Map<number, number>();
    for (let v = 0; v <= n; v++) {
      const cost = (a * v - b * w) ** 2;
      const here = new Map<number, number>();
      for (const source of [below, column[v] ?? new Map<number, number>()]) {
        for (const [value, paths] of source) here.set(value + cost, (here.get(value + cost) ?? 0) + paths);
      }
      next.push(here);
      below = here;
    }
    column = next;
  }
  let total = 0;
  let extreme = 0;
  for (const [value, paths] of column[n] ?? []) {
    total += paths;
    if (value >= bound) extreme += paths;
  }
  return extreme / total;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
