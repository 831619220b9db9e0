import { MlInputError } from '../ml-input-error.ts';
import {
  requireBinaryLabels,
  requireFinite,
  requireProbabilities,
  requireRows,
  requireSameLength,
  type Values,
} from '../numeric-values.ts';
import { createRandom } from '../random.ts';
import { quantileOfSorted } from '../statistics/histograms.ts';
import { argsortDescending } from './argsort.ts';
import { createPoissonCounts } from './poisson-counts.ts';
import { rowLogLoss } from './probability-losses.ts';

export type ComparedMetric = 'pr_auc' | 'roc_auc' | 'log_loss' | 'brier';

export interface ModelComparison {
  metric: ComparedMetric;
  higherIsBetter: boolean;
  rows: number;
  resamples: number;
  seed: number;
  alpha: number;
  /** The metric of each model on the rows themselves; null when one class is missing. */
  a: number | null;
  b: number | null;
  /** b - a in the metric's own direction, and its percentile interval at level 1 - alpha. */
  difference: number | null;
  lower: number | null;
  upper: number | null;
  /** (1 + k) / (1 + resamples), k resamples in which B is not better than A: small when B is surely better. */
  shareNotBetter: number | null;
  verdict: 'b_better' | 'a_better' | 'no_difference' | 'not_computable';
}

/**
 * Paired bootstrap of two models scored on the same rows: every resample weighs each row by a Poisson(1) count (the
 * streaming bootstrap of Chamandy et al. 2012), the same for both models, over scores sorted once; a resample is one
 * pass over the rows (some 20 ms for 800,000). `stratified` holds the classes' shares fixed. Deterministic by `seed`. Defaults: 1000 resamples,
 * alpha 0.05.
 * @throws MlInputError on unequal lengths, no rows, labels other than 0 and 1, non-finite scores, scores outside [0, 1]
 *   for log_loss and brier, `RESAMPLES_INVALID`, `ALPHA_OUT_OF_RANGE`
 */
export function compareModels(options: {
  yTrue: Values;
  scoreA: Values;
  scoreB: Values;
  metric: ComparedMetric;
  seed: number;
  resamples?: number;
  alpha?: number;
  stratified?: boolean;
}): ModelComparison {
  const { yTrue, scoreA, scoreB, metric, seed } = options;
  const resamples = options.resamples ?? 1000;
  const alpha = options.alpha ?? 0.05;
  requireScores(yTrue, scoreA, scoreB, metric);
  requireResampling(resamples, alpha);
  const higherIsBetter = metric === 'pr_auc' || metric === 'roc_auc';
  const pair = higherIsBetter
    ? rankedPair(yTrue, scoreA, scoreB, metric)
    : lossPair(yTrue, scoreA, scoreB, metric);
  const ones = new Uint8Array(yTrue.length).fill(1);
  const [a, b] = pair.evaluate(ones, false);
  const settings = { metric, higherIsBetter, rows: yTrue.length, resamples, seed, alpha };
  const unknown = { difference: null, lower: null, upper: null, shareNotBetter: null } as const;
  if (Number.isNaN(a) || Number.isNaN(b)) {
    return { ...settings, a: null, b: null, ...unknown, verdict: 'not_computable' };
  }
  const counts = createPoissonCounts(createRandom(seed));
  const weights = new Uint8Array(yTrue.length);
  const differences = new Float64Array(resamples);
  let kept = 0;
  let notBetter = 0;
  for (let r = 0; r < resamples; r++) {
    counts.fill(weights);
    const [resampledA, resampledB] = pair.evaluate(weights, options.stratified === true);
    const difference = resampledB - resampledA;
    if (Number.isNaN(difference)) continue;
    differences[kept++] = difference;
    if (higherIsBetter ? difference <= 0 : difference >= 0) notBetter++;
  }
  if (kept === 0) return { ...settings, a, b, ...unknown, difference: b - a, verdict: 'not_computable' };
  const sorted = differences.subarray(0, kept).sort();
  const lower = quantileOfSorted(sorted, alpha / 2);
  const upper = quantileOfSorted(sorted, 1 - alpha / 2);
  return {
    ...settings,
    a,
    b,
    difference: b - a,
    lower,
    upper,
    shareNotBetter: (1 + notBetter) / (1 + kept),
    verdict: verdictOf(lower, upper, higherIsBetter),
  };
}

function verdictOf(lower: number, upper: number, higherIsBetter: boolean): ModelComparison['verdict'] {
  if (lower > 0) return higherIsBetter ? 'b_better' : 'a_better';
  if (upper < 0) return higherIsBetter ? 'a_better' : 'b_better';
  return 'no_difference';
}

interface EvaluatedPair {
  /** Both metrics under row weights given in the pair's own row order; NaN when a class has no weight. */
  evaluate(weights: Uint8Array, stratified: boolean): [number, number];
}

/**
 * Rows are renumbered by model A's ranking, so that its pass reads the weights in sequence; model B's pass gathers them
 * through one permutation. Rows are exchangeable: any order of independent weights is as good.
 */
function rankedPair(yTrue: Values, scoreA: Values, scoreB: Values, metric: ComparedMetric): EvaluatedPair {
  const n = yTrue.length;
  const orderA = argsortDescending(scoreA);
  const positionInA = new Uint32Array(n);
  for (let i = 0; i < n; i++) positionInA[orderA[i] ?? 0] = i;
  const orderB = argsortDescending(scoreB);
  const modelA = rankedModel(
    yTrue,
    scoreA,
    orderA,
    orderA.map((_, rank) => rank),
  );
  const modelB = rankedModel(
    yTrue,
    scoreB,
    orderB,
    orderB.map((row) => positionInA[row] ?? 0),
  );
  const area = metric === 'pr_auc' ? weightedAveragePrecision : weightedRocAuc;
  return {
    evaluate: (weights, stratified) => {
      const scale = stratified ? strataScale(modelA.flags, weights) : 1;
      return [area(modelA, weights, scale), area(modelB, weights, scale)];
    },
  };
}

const POSITIVE = 1;
const GROUP_END = 2;

interface RankedModel {
  /** By rank: POSITIVE for a positive row, plus GROUP_END where the next score differs. */
  flags: Uint8Array;
  /** Rank to position in the weights. */
  position: Uint32Array;
}

function rankedModel(yTrue: Values, score: Values, order: Uint32Array, position: Uint32Array): RankedModel {
  const n = order.length;
  const flags = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const row = order[i] ?? 0;
    const isEnd = i === n - 1 || score[row] !== score[order[i + 1] ?? 0];
    flags[i] = (yTrue[row] === 1 ? POSITIVE : 0) + (isEnd ? GROUP_END : 0);
  }
  return { flags, position };
}

/** What a negative's weight is multiplied with so that the resample's classes keep the rows' own proportion. */
function strataScale(labels: Uint8Array, weights: Uint8Array): number {
  let positives = 0;
  let positiveWeight = 0;
  let weight = 0;
  for (let i = 0; i < weights.length; i++) {
    const label = (labels[i] ?? 0) & POSITIVE;
    const w = weights[i] ?? 0;
    positives += label;
    positiveWeight += w * label;
    weight += w;
  }
  const negativeWeight = weight - positiveWeight;
  return ((weights.length - positives) * positiveWeight) / (positives * negativeWeight);
}

// Both passes avoid branching on the label, which no processor can predict.
function weightedAveragePrecision(model: RankedModel, weights: Uint8Array, negativeScale: number): number {
  const { flags, position } = model;
  let truePositives = 0;
  let weight = 0;
  let before = 0;
  let area = 0;
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i] ?? 0;
    const w = weights[position[i] ?? 0] ?? 0;
    truePositives += w * (flag & POSITIVE);
    weight += w;
    if (flag >= GROUP_END && weight > 0) {
      const predicted = truePositives + negativeScale * (weight - truePositives);
      area += ((truePositives - before) * truePositives) / predicted;
      before = truePositives;
    }
  }
  return area / truePositives;
}

function weightedRocAuc(model: RankedModel, weights: Uint8Array): number {
  const { flags, position } = model;
  let truePositives = 0;
  let weight = 0;
  let trueBefore = 0;
  let falseBefore = 0;
  let area = 0;
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i] ?? 0;
    const w = weights[position[i] ?? 0] ?? 0;
    truePositives += w * (flag & POSITIVE);
    weight += w;
    if (flag >= GROUP_END) {
      const falsePositives = weight - truePositives;
      area += (falsePositives - falseBefore) * (trueBefore + truePositives);
      trueBefore = truePositives;
      falseBefore = falsePositives;
    }
  }
  return area / (2 * truePositives * (weight - truePositives));
}

/** Losses are means over rows: a resample needs only the weighted sums of each row's two losses. */
function lossPair(yTrue: Values, scoreA: Values, scoreB: Values, metric: ComparedMetric): EvaluatedPair {
  const loss =
    metric === 'log_loss' ? rowLogLoss : (label: number, score: number): number => (label - score) ** 2;
  const n = yTrue.length;
  const lossA = new Float64Array(n);
  const lossB = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    lossA[i] = loss(yTrue[i] ?? 0, scoreA[i] ?? 0);
    lossB[i] = loss(yTrue[i] ?? 0, scoreB[i] ?? 0);
  }
  const labels = Uint8Array.from(yTrue);
  return {
    evaluate: (weights, stratified) => {
      const scale = stratified ? strataScale(labels, weights) : 1;
      let sumA = 0;
      let sumB = 0;
      let total = 0;
      for (let i = 0; i < n; i++) {
        const weight = (weights[i] ?? 0) * (labels[i] === 1 ? 1 : scale);
        sumA += weight * (lossA[i] ?? 0);
        sumB += weight * (lossB[i] ?? 0);
        total += weight;
      }
      return [sumA / total, sumB / total];
    },
  };
}

function requireScores(yTrue: Values, scoreA: Values, scoreB: Values, metric: ComparedMetric): void {
  requireSameLength(yTrue, scoreA, 'yTrue and scoreA');
  requireSameLength(yTrue, scoreB, 'yTrue and scoreB');
  requireRows(yTrue, 'yTrue');
  requireBinaryLabels(yTrue);
  for (const [name, score] of [
    ['scoreA', scoreA],
    ['scoreB', scoreB],
  ] as const) {
    if (metric === 'log_loss' || metric === 'brier') requireProbabilities(score, name);
    else requireFinite(score, name);
  }
}

function requireResampling(resamples: number, alpha: number): void {
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new MlInputError('RESAMPLES_INVALID', `resamples is ${resamples}`);
  }
  if (!(alpha > 0 && alpha < 1)) throw new MlInputError('ALPHA_OUT_OF_RANGE', `alpha is ${alpha}`);
}
