import { logBinomial } from './gamma-functions.ts';

/**
 * Fisher's exact test of the 2 x 2 table [[a, b], [c, d]], two-sided: the tables at most as likely as the seen one.
 * An empty row or column gives p = 1 and no odds ratio.
 */
export function fisherExact(
  a: number,
  b: number,
  c: number,
  d: number,
): { oddsRatio: number | null; p: number } {
  const row1 = a + b;
  const row2 = c + d;
  const column1 = a + c;
  if (row1 === 0 || row2 === 0 || column1 === 0 || b + d === 0) return { oddsRatio: null, p: 1 };
  const oddsRatio = b > 0 && c > 0 ? (a * d) / (b * c) : Infinity;
  const lowest = Math.max(0, column1 - row2);
  const highest = Math.min(row1, column1);
  const logTotal = logBinomial(row1 + row2, column1);
  const logMass = (x: number): number => logBinomial(row1, x) + logBinomial(row2, column1 - x) - logTotal;
  const seen = logMass(a);
  let p = 0;
  for (let x = lowest; x <= highest; x++) {
    const log = logMass(x);
    // Tables of equal probability reach it over different roundings.
    if (log <= seen + 1e-9) p += Math.exp(log);
  }
  return { oddsRatio, p: Math.min(1, p) };
}
