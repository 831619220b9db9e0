import { MlInputError } from '../ml-input-error.ts';
import { requireFinite, requireRows, requireSameLength, type Values } from '../numeric-values.ts';
import { networkArgsort } from './network-argsort.ts';

/** Relevance (or scores) of one query's items per row; all queries have equally many items. */
export type QueryRows = readonly Values[];

export interface PerQuery {
  value: number;
  perQuery: number[];
}

/**
 * Mean discounted cumulative gain, linear gain over log2(rank + 1). Tied scores share their positions' mean gain
 * unless `ignoreTies`, which takes equal items as the reversed sort happens to leave them. `k` cuts the list.
 * @throws MlInputError on no queries, no items, uneven rows, values that are not finite, k < 1; so do all functions here
 */
export function discountedCumulativeGain(
  relevance: QueryRows,
  score: QueryRows,
  options: { k?: number; ignoreTies?: boolean } = {},
): number {
  requireQueries(relevance, score, options.k);
  if ((relevance[0]?.length ?? 0) < 2) throw new MlInputError('ITEMS_TOO_FEW', 'a ranking needs two items');
  return meanOf(relevance.map((gains, q) => gainOfQuery(gains, score[q] ?? [], options)));
}

/**
 * DCG over the best possible DCG, the mean over queries; a query without relevant items counts 0.
 * @throws MlInputError `RELEVANCE_NEGATIVE`
 */
export function normalizedDiscountedCumulativeGain(
  relevance: QueryRows,
  score: QueryRows,
  options: { k?: number; ignoreTies?: boolean } = {},
): number {
  requireQueries(relevance, score, options.k);
  if ((relevance[0]?.length ?? 0) < 2) throw new MlInputError('ITEMS_TOO_FEW', 'a ranking needs two items');
  return meanOf(
    relevance.map((gains, q) => {
      for (let i = 0; i < gains.length; i++) {
        if ((gains[i] ?? 0) < 0) throw new MlInputError('RELEVANCE_NEGATIVE', `query ${q}, item ${i}`);
      }
      const best = gainOfQuery(gains, gains, { ...options, ignoreTies: true });
      return best === 0 ? 0 : gainOfQuery(gains, score[q] ?? [], options) / best;
    }),
  );
}

/** Mean average precision at k over min(relevant items, k); ties by item order; no relevant item counts 0. */
export function meanAveragePrecision(relevance: QueryRows, score: QueryRows, k?: number): PerQuery {
  return overQueries(relevance, score, k, (gains, order) => {
    let hits = 0;
    let sum = 0;
    for (const [rank, item] of order.entries()) {
      if ((gains[item] ?? 0) > 0) sum += ++hits / (rank + 1);
    }
    const relevant = relevantItems(gains);
    return relevant === 0 ? 0 : sum / Math.min(relevant, k ?? gains.length);
  });
}

/** Mean reciprocal rank of the first relevant item within k; ties by item order. */
export function meanReciprocalRank(relevance: QueryRows, score: QueryRows, k?: number): PerQuery {
  return overQueries(relevance, score, k, (gains, order) => {
    const first = order.findIndex((item) => (gains[item] ?? 0) > 0);
    return first < 0 ? 0 : 1 / (first + 1);
  });
}

/** Mean share of relevant items among the first k, found of all relevant, and queries with any. */
export function retrievalAtK(
  relevance: QueryRows,
  score: QueryRows,
  k?: number,
): { precision: number; recall: number; hitRate: number } {
  const found = (gains: Values, order: number[]): number =>
    order.filter((item) => (gains[item] ?? 0) > 0).length;
  return {
    precision: overQueries(relevance, score, k, (gains, order) => found(gains, order) / (k ?? gains.length))
      .value,
    recall: overQueries(
      relevance,
      score,
      k,
      (gains, order) => found(gains, order) / Math.max(1, relevantItems(gains)),
    ).value,
    hitRate: overQueries(relevance, score, k, (gains, order) => (found(gains, order) > 0 ? 1 : 0)).value,
  };
}

/**
 * Label-ranking average precision: for each relevant item, the share of relevant ones among all ranked at least as
 * high; 1 for a query where all or no items are relevant.
 */
export function labelRankingAveragePrecision(relevance: QueryRows, score: QueryRows): number {
  requireQueries(relevance, score, undefined);
  return meanOf(
    relevance.map((gains, q) => {
      const scores = score[q] ?? [];
      const relevant = relevantItems(gains);
      if (relevant === 0 || relevant === gains.length) return 1;
      let sum = 0;
      for (let i = 0; i < gains.length; i++) {
        if ((gains[i] ?? 0) <= 0) continue;
        let above = 0;
        let relevantAbove = 0;
        for (let j = 0; j < gains.length; j++) {
          if ((scores[j] ?? 0) < (scores[i] ?? 0)) continue;
          above++;
          if ((gains[j] ?? 0) > 0) relevantAbove++;
        }
        sum += relevantAbove / above;
      }
      return sum / relevant;
    }),
  );
}

function gainOfQuery(gains: Values, scores: Values, options: { k?: number; ignoreTies?: boolean }): number {
  const n = gains.length;
  const cut = Math.min(options.k ?? n, n);
  const order = networkArgsort(scores).reverse();
  let sum = 0;
  for (let start = 0; start < n; ) {
    let end = start + 1;
    if (options.ignoreTies !== true) {
      while (end < n && scores[order[end] ?? 0] === scores[order[start] ?? 0]) end++;
    }
    let gain = 0;
    let discount = 0;
    for (let rank = start; rank < end; rank++) {
      gain += gains[order[rank] ?? 0] ?? 0;
      if (rank < cut) discount += 1 / Math.log2(rank + 2);
    }
    sum += (gain / (end - start)) * discount;
    start = end;
  }
  return sum;
}

function overQueries(
  relevance: QueryRows,
  score: QueryRows,
  k: number | undefined,
  measure: (gains: Values, order: number[]) => number,
): PerQuery {
  requireQueries(relevance, score, k);
  const perQuery = relevance.map((gains, q) => {
    const scores = score[q] ?? [];
    const order = Array.from({ length: gains.length }, (_, i) => i);
    order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
    return measure(gains, order.slice(0, k ?? gains.length));
  });
  return { value: meanOf(perQuery), perQuery };
}

function relevantItems(gains: Values): number {
  let count = 0;
  for (let i = 0; i < gains.length; i++) if ((gains[i] ?? 0) > 0) count++;
  return count;
}

function requireQueries(relevance: QueryRows, score: QueryRows, k: number | undefined): void {
  requireSameLength(relevance, score, 'relevance and score');
  requireRows(relevance, 'relevance');
  if (k !== undefined && (!Number.isInteger(k) || k < 1)) throw new MlInputError('K_INVALID', `k is ${k}`);
  for (const [q, gains] of relevance.entries()) {
    requireRows(gains, `relevance[${q}]`);
    requireSameLength(gains, score[q] ?? [], `query ${q}`);
    requireFinite(gains, `relevance[${q}]`);
    requireFinite(score[q] ?? [], `score[${q}]`);
  }
}

function meanOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
