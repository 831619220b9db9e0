import type { Comparison, Evaluation, ModelExamples, ModelMetrics } from '@esteira/contracts';
import type * as Ml from '@esteira/ml';
import { loadWhenUsed } from '../kernel/load-when-used.ts';
import { judgeFairness } from './fairness.ts';
import { type ModelToScore, type ScoredRows, scoreRows } from './model-scores.ts';

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');

export type ComparedMetric = 'pr_auc' | 'roc_auc' | 'log_loss' | 'brier';

export interface EvaluateInput {
  readonly data: ScoredRows;
  readonly labels: Float64Array;
  readonly model: ModelToScore;
  readonly others: readonly { readonly name: string; readonly model: ModelToScore }[];
  readonly metric: ComparedMetric;
  readonly threshold: number;
  readonly seed: number;
  readonly alpha: number;
  readonly resamples: number;
  readonly slices: readonly string[];
  readonly sensitive: readonly string[];
  readonly fairnessLimit: number;
}

type Compared = Pick<Comparison, 'name' | 'value' | 'difference' | 'lower' | 'upper' | 'verdict'> & {
  readonly metrics: ModelMetrics;
};

export interface EvaluateResult
  extends Pick<Evaluation, 'metrics' | 'slices' | 'calibration' | 'fairness' | 'examples'> {
  readonly others: readonly Compared[];
}

/** Judges a model and those it is compared with on the same rows. Pure; runs in a thread. */
export function evaluateModels(
  input: EvaluateInput,
  report: (share: number, message: string) => void,
): EvaluateResult {
  report(0, 'scoring the test part');
  const scores = scoreRows(input.model, input.data);
  const metrics = measure(input.labels, scores, input.threshold);
  const others: Compared[] = [];
  for (const [index, { name, model }] of input.others.entries()) {
    report(0.2 + (0.7 * index) / input.others.length, `comparing with ${name}`);
    others.push(compare(input, name, scoreRows(model, input.data), scores));
  }
  report(0.95, 'slices, calibration, fairness');
  return {
    metrics,
    others,
    slices: input.slices.flatMap((column) =>
      sliceMetrics(column, input.data.text.get(column) ?? [], input.labels, scores),
    ),
    calibration: calibrationBins(input.labels, scores),
    fairness: input.sensitive.flatMap((attribute) => [
      ...judgeFairness({
        attribute,
        values: input.data.text.get(attribute) ?? [],
        labels: input.labels,
        scores,
        threshold: input.threshold,
        limit: input.fairnessLimit,
      }),
    ]),
    examples: pickExamples(input, scores),
  };
}

function compare(input: EvaluateInput, name: string, theirs: Float64Array, ours: Float64Array): Compared {
  const { metric, seed, alpha, resamples, labels } = input;
  const result = ml().compareModels({
    yTrue: labels,
    scoreA: theirs,
    scoreB: ours,
    metric,
    seed,
    alpha,
    resamples,
  });
  const sign = result.higherIsBetter ? 1 : -1;
  const turn = (value: number | null): number | null => (value === null ? null : sign * value);
  const verdicts = {
    b_better: 'better',
    a_better: 'worse',
    no_difference: 'no difference',
    not_computable: 'not computable',
  } as const;
  return {
    name,
    value: result.a,
    difference: turn(result.difference),
    lower: turn(result.higherIsBetter ? result.lower : result.upper),
    upper: turn(result.higherIsBetter ? result.upper : result.lower),
    verdict: verdicts[result.verdict],
    metrics: measure(labels, theirs, input.threshold),
  };
}

function measure(labels: Float64Array, scores: Float64Array, threshold: number): ModelMetrics {
  const metrics = ml().binaryClassificationMetrics(labels, scores, { threshold });
  return {
    rows: labels.length,
    base_rate: metrics.baseRate,
    roc_auc: metrics.rocAuc,
    pr_auc: metrics.prAuc,
    log_loss: metrics.logLoss,
    brier: metrics.brier,
    ece: metrics.ece,
    threshold,
    accuracy: metrics.accuracy,
    precision: metrics.precision,
    recall: metrics.recall,
    f1: metrics.f1,
  };
}

/** The fifty largest groups of at least thirty rows: smaller ones say more about chance than about the model. */
function sliceMetrics(
  column: string,
  values: readonly (string | null)[],
  labels: Float64Array,
  scores: Float64Array,
): Evaluation['slices'] {
  const groups = new Map<string, number[]>();
  for (const [row, value] of values.entries()) {
    if (value === null) continue;
    const rows = groups.get(value);
    if (rows) rows.push(row);
    else groups.set(value, [row]);
  }
  const largest = [...groups]
    .filter(([, rows]) => rows.length >= 30)
    .sort((left, right) => right[1].length - left[1].length);
  return largest.slice(0, 50).map(([value, rows]) => {
    const pick = (from: Float64Array): Float64Array =>
      Float64Array.from(rows, (row) => from[row] ?? Number.NaN);
    const metrics = ml().binaryClassificationMetrics(pick(labels), pick(scores));
    return {
      column,
      value,
      rows: rows.length,
      base_rate: metrics.baseRate,
      roc_auc: metrics.rocAuc,
      pr_auc: metrics.prAuc,
    };
  });
}

/** Rows spread evenly over the test part, with the answers our own evaluator gives. */
function pickExamples({ data, model }: EvaluateInput, scores: Float64Array): ModelExamples {
  const count = Math.min(25, data.rows);
  const picked = Array.from({ length: count }, (_value, index) => Math.floor((index * data.rows) / count));
  return {
    features: [...model.features],
    textFeatures: [...model.textFeatures],
    rows: picked.map((row) => model.features.map((name) => finiteOrNull(data.numeric.get(name)?.[row]))),
    textRows: picked.map((row) => model.textFeatures.map((name) => data.text.get(name)?.[row] ?? '')),
    expected: picked.map((row) => scores[row] ?? 0),
  };
}

function calibrationBins(labels: Float64Array, scores: Float64Array): Evaluation['calibration'] {
  const bins = Array.from({ length: 10 }, () => ({ rows: 0, predicted: 0, observed: 0 }));
  for (const [row, score] of scores.entries()) {
    const bin = bins[Math.min(9, Math.floor(score * 10))];
    if (!bin) continue;
    bin.rows++;
    bin.predicted += score;
    bin.observed += labels[row] ?? 0;
  }
  return bins
    .filter((bin) => bin.rows > 0)
    .map(({ rows, predicted, observed }) => ({
      rows,
      predicted: predicted / rows,
      observed: observed / rows,
    }));
}

function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
