import { MlInputError } from '../ml-input-error.ts';
import { requireFinite, requireProbabilities, requireRows, type Values } from '../numeric-values.ts';
import { rocAuc } from './roc.ts';

const EPSILON = 2 ** -52;
const SUM_TOLERANCE = 1e-8;

/** One row of scores per row, one score per class; the classes are 0 … k-1. */
export type ScoreRows = readonly Values[];

/**
 * Mean one-against-rest or one-against-one (Hand & Till 2001) ROC AUC, plain or weighted by the classes' shares. Null
 * when a class that counts has no positive or no negative row.
 * @throws MlInputError on uneven rows, labels outside 0 … k-1, scores that are not probabilities summing to 1
 */
export function multiclassRocAuc(
  yTrue: Values,
  scores: ScoreRows,
  options: { comparison: 'ovr' | 'ovo'; average: 'macro' | 'weighted' },
): number | null {
  const classes = requireScoreRows(yTrue, scores);
  for (const [i, row] of scores.entries()) {
    if (Math.abs(sumOf(row) - 1) > SUM_TOLERANCE + 1e-5) {
      throw new MlInputError('PROBABILITIES_DO_NOT_SUM', `row ${i} sums to ${sumOf(row)}`);
    }
  }
  return options.comparison === 'ovr'
    ? oneAgainstRest(yTrue, scores, classes, options.average)
    : oneAgainstOne(yTrue, scores, classes, options.average);
}

/** ROC AUC over all (row, class) cells at once. */
export function multiclassRocAucMicro(yTrue: Values, scores: ScoreRows): number | null {
  const classes = requireScoreRows(yTrue, scores);
  const labels: number[] = [];
  const flat: number[] = [];
  for (const [i, row] of scores.entries()) {
    for (let c = 0; c < classes; c++) {
      labels.push(yTrue[i] === c ? 1 : 0);
      flat.push(row[c] ?? 0);
    }
  }
  return rocAuc(labels, flat);
}

/** Mean negative log of the true class's probability; rows are normalised to sum 1, clipped to [eps, 1 - eps]. */
export function multiclassLogLoss(yTrue: Values, scores: ScoreRows): number {
  requireScoreRows(yTrue, scores);
  let sum = 0;
  for (const [i, row] of scores.entries()) {
    requireProbabilities(row, `scores[${i}]`);
    const p = Math.min(1 - EPSILON, Math.max(EPSILON, row[yTrue[i] ?? 0] ?? 0));
    sum -= Math.log(p);
  }
  return sum / scores.length;
}

/** Mean over rows of the squared distance between one-hot truth and probabilities (0 … 2). */
export function multiclassBrier(yTrue: Values, scores: ScoreRows): number {
  const classes = requireScoreRows(yTrue, scores);
  let sum = 0;
  for (const [i, row] of scores.entries()) {
    requireProbabilities(row, `scores[${i}]`);
    for (let c = 0; c < classes; c++) sum += ((row[c] ?? 0) - (yTrue[i] === c ? 1 : 0)) ** 2;
  }
  return sum / scores.length;
}

/** Share of rows whose true class is among the k best scores; of equal scores the later class counts as better. */
export function topKAccuracy(yTrue: Values, scores: ScoreRows, k: number): number {
  const classes = requireScoreRows(yTrue, scores);
  if (!Number.isInteger(k) || k < 1) throw new MlInputError('K_INVALID', `k is ${k}`);
  let hits = 0;
  for (const [i, row] of scores.entries()) {
    const label = yTrue[i] ?? 0;
    const own = row[label] ?? 0;
    let better = 0;
    for (let c = 0; c < classes; c++) {
      const score = row[c] ?? 0;
      if (score > own || (score === own && c > label)) better++;
    }
    if (better < k) hits++;
  }
  return hits / scores.length;
}

function oneAgainstRest(
  yTrue: Values,
  scores: ScoreRows,
  classes: number,
  average: 'macro' | 'weighted',
): number | null {
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const labels = Array.from(yTrue, (label) => (label === c ? 1 : 0));
    const share = average === 'macro' ? 1 / classes : sumOf(labels) / labels.length;
    if (share === 0) continue;
    const auc = rocAuc(
      labels,
      scores.map((row) => row[c] ?? 0),
    );
    if (auc === null) return null;
    sum += share * auc;
  }
  return sum;
}

// Pairs of classes that occur; the pair's value is the mean of both directions.
function oneAgainstOne(
  yTrue: Values,
  scores: ScoreRows,
  classes: number,
  average: 'macro' | 'weighted',
): number | null {
  const present: number[] = [];
  for (let c = 0; c < classes; c++) {
    for (let i = 0; i < yTrue.length; i++) {
      if (yTrue[i] === c) {
        present.push(c);
        break;
      }
    }
  }
  let sum = 0;
  let weights = 0;
  for (const [position, a] of present.entries()) {
    for (const b of present.slice(position + 1)) {
      const rows: number[] = [];
      for (let i = 0; i < yTrue.length; i++) if (yTrue[i] === a || yTrue[i] === b) rows.push(i);
      const direction = (own: number): number =>
        rocAuc(
          rows.map((i) => (yTrue[i] === own ? 1 : 0)),
          rows.map((i) => scores[i]?.[own] ?? 0),
        ) ?? 0;
      const weight = average === 'macro' ? 1 : rows.length / yTrue.length;
      sum += (weight * (direction(a) + direction(b))) / 2;
      weights += weight;
    }
  }
  return weights === 0 ? null : sum / weights;
}

function requireScoreRows(yTrue: Values, scores: ScoreRows): number {
  requireRows(yTrue, 'yTrue');
  if (scores.length !== yTrue.length) {
    throw new MlInputError(
      'COLUMN_LENGTH_MISMATCH',
      `yTrue and scores: ${yTrue.length} and ${scores.length} rows`,
    );
  }
  const classes = scores[0]?.length ?? 0;
  for (const [i, row] of scores.entries()) {
    if (row.length !== classes)
      throw new MlInputError('COLUMN_LENGTH_MISMATCH', `scores[${i}] has ${row.length} classes`);
    requireFinite(row, `scores[${i}]`);
    const label = yTrue[i] ?? -1;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new MlInputError(
        'LABEL_INVALID',
        `yTrue[${i}] is ${String(yTrue[i])}; the classes are 0 … ${classes - 1}`,
      );
    }
  }
  return classes;
}

function sumOf(values: Values): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum;
}
