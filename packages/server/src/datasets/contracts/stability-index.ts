import { quoteIdentifier, quoteLiteral, type TableEngine } from '../../storage/tables/table-engine.ts';
import { type Column, numericExpression } from '../column.ts';

type Queries = Pick<TableEngine, 'query'>;

/** How a column is cut into bins; the same cut is used on both sides. */
export type Bins =
  | { readonly kind: 'ranges'; readonly value: string; readonly edges: readonly number[] }
  | { readonly kind: 'categories'; readonly value: string; readonly values: readonly string[] };

// The share an empty bin counts for, so that the logarithm stays finite.
const smallestShare = 1e-4;

/** Cuts the reference: numbers and times at its quantiles, everything else by its most frequent values. */
export async function binsOf(engine: Queries, from: string, column: Column, count: number): Promise<Bins> {
  const value = numericExpression(column);
  if (value !== undefined) {
    const probabilities = Array.from({ length: count - 1 }, (_, index) => (index + 1) / count);
    const [row] = await engine.query(
      `SELECT quantile_cont(${value}, [${probabilities.join(', ')}]) AS edges FROM ${from}`,
    );
    const edges = (row?.edges ?? []) as readonly number[];
    return { kind: 'ranges', value, edges: [...new Set(edges.filter(Number.isFinite))] };
  }
  const text = `CAST(${quoteIdentifier(column.name)} AS VARCHAR)`;
  const rows = await engine.query(`SELECT ${text} AS value FROM ${from} WHERE ${text} IS NOT NULL
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ${count - 1}`);
  return { kind: 'categories', value: text, values: rows.map((row) => String(row.value)) };
}

/** SQL of a list: the rows in each bin, then the rows in none of them, then nulls. */
export function binCountsSql(bins: Bins): string {
  const conditions: string[] = [];
  const { value } = bins;
  if (bins.kind === 'ranges') {
    let lower: number | undefined;
    for (const edge of bins.edges) {
      conditions.push(
        lower === undefined ? `${value} <= ${edge}` : `${value} > ${lower} AND ${value} <= ${edge}`,
      );
      lower = edge;
    }
    conditions.push(lower === undefined ? `${value} IS NOT NULL` : `${value} > ${lower}`);
  } else {
    const listed = bins.values.map(quoteLiteral);
    for (const text of listed) conditions.push(`${value} = ${text}`);
    conditions.push(listed.length === 0 ? `${value} IS NOT NULL` : `${value} NOT IN (${listed.join(', ')})`);
  }
  conditions.push(`${value} IS NULL`);
  return `[${conditions.map((condition) => `count(*) FILTER (WHERE ${condition})`).join(', ')}]`;
}

/**
 * Population stability index: the sum of (p - q) ln(p / q) over bins, symmetric in its two sides. By custom, below 0.1
 * is stable and above 0.25 is another population.
 */
export function stabilityIndex(reference: readonly number[], current: readonly number[]): number {
  const referenceTotal = sum(reference);
  const currentTotal = sum(current);
  let index = 0;
  for (const [bin, count] of reference.entries()) {
    const p = Math.max(count / referenceTotal, smallestShare);
    const q = Math.max((current[bin] ?? 0) / currentTotal, smallestShare);
    index += (p - q) * Math.log(p / q);
  }
  return index;
}

function sum(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
