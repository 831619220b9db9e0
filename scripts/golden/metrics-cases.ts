import {
  absoluteErrorSkill,
  accuracy,
  averagePrecision,
  balancedAccuracyUnbounded,
  brierScore,
  calibrationCurve,
  cohenKappa,
  confusionMatrix,
  discountedCumulativeGain,
  expectedCalibrationError,
  explainedVariance,
  gammaDeviance,
  hammingLoss,
  jaccardMacro,
  labelRankingAveragePrecision,
  logLoss,
  logLossSkill,
  matthewsCorrelation,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanAveragePrecision,
  meanReciprocalRank,
  meanSquaredError,
  meanSquaredLogError,
  medianAbsoluteError,
  multiclassBrier,
  multiclassLogLoss,
  multiclassRocAuc,
  multiclassRocAucMicro,
  normalizedDiscountedCumulativeGain,
  perClassScores,
  pinballLoss,
  poissonDeviance,
  precisionRecallCurve,
  precisionRecallF1,
  precisionRecallTrapezoid,
  retrievalAtK,
  rocAuc,
  rocCurve,
  rootMeanSquaredError,
  rSquared,
  thresholdReport,
  topKAccuracy,
} from '../../packages/ml/src/index.ts';
import { labels, list, numberOrNaN, numberRows, numbers, optionalNumber } from './case-values.ts';
import type { CaseAnswer, CaseArguments, GoldenAdapter } from './check-case.ts';

type Labels = ReturnType<typeof labels>;
type Column = Float64Array;
type Rows = Float64Array[];

/** metrics.json: scikit-learn. */
export const metricsCases: GoldenAdapter = {
  accuracy: ofLabels((y, p) => accuracy(y, p)),
  balanced_accuracy: ofLabels((y, p) => balancedAccuracyUnbounded(y, p)),
  'balanced_accuracy.adjusted': ofLabels((y, p) => balancedAccuracyUnbounded(y, p, { adjusted: true })),
  precision_recall_f1: precisionRecallF1Case,
  'fbeta.macro': ofLabels(
    (y, p, call) => precisionRecallF1(y, p, { average: 'macro', beta: numberOrNaN(call.params.beta) }).f1,
  ),
  mcc: ofLabels((y, p) => matthewsCorrelation(y, p)),
  cohen_kappa: ofLabels((y, p, call) =>
    cohenKappa(y, p, call.params.weights as 'none' | 'linear' | 'quadratic'),
  ),
  confusion_matrix: (call) => ({
    ...confusionMatrix(labels(call.data.y_true), labels(call.data.y_pred)),
  }),
  'jaccard.macro': ofLabels((y, p) => jaccardMacro(y, p)),
  hamming_loss: ofLabels((y, p) => hammingLoss(y, p)),

  roc_auc: ofScores((y, s, w) => rocAuc(y, s, w)),
  'roc_auc.max_fpr': ofScores((y, s, w, call) =>
    rocAuc(y, s, { ...w, ...optionalNumber('maxFpr', call.params.max_fpr) }),
  ),
  average_precision: ofScores((y, s, w) => averagePrecision(y, s, { ...w, whenNoPositives: 0 })),
  'pr_auc.trapezoid': ofScores((y, s, w) => precisionRecallTrapezoid(y, s, w.weight)),
  roc_curve: (call) => {
    const curve = rocCurve(numbers(call.data.y_true), numbers(call.data.score), weightOf(call).weight);
    return { fpr: curve.falsePositiveRate, tpr: curve.truePositiveRate, thresholds: curve.thresholds };
  },
  pr_curve: (call) => ({
    ...precisionRecallCurve(numbers(call.data.y_true), numbers(call.data.score), weightOf(call).weight),
  }),
  log_loss: (call) =>
    call.data.proba === undefined
      ? { value: logLoss(numbers(call.data.y_true), numbers(call.data.score), weightOf(call).weight) }
      : { value: multiclassLogLoss(numbers(call.data.y_true), numberRows(call.data.proba)) },
  brier: ofScores((y, s, w) => brierScore(y, s, w.weight)),
  d2_brier_and_logloss: (call) => ({
    d2_log_loss: logLossSkill(numbers(call.data.y_true), numbers(call.data.score), weightOf(call).weight),
  }),
  'calibration.ece': (call) => {
    const { ece, mce, binCounts } = expectedCalibrationError(
      numbers(call.data.y_true),
      numbers(call.data.score),
      numberOrNaN(call.params.bins),
    );
    return { ece, mce, bin_counts: binCounts };
  },
  calibration_curve: (call) => {
    if (hasNaN(call)) return undefined;
    const curve = calibrationCurve(numbers(call.data.y_true), numbers(call.data.score), {
      bins: numberOrNaN(call.params.bins),
      strategy: call.params.strategy as 'uniform' | 'quantile',
    });
    return { prob_true: curve.observed, prob_pred: curve.predicted };
  },
  threshold_report: (call) => {
    if (hasNaN(call)) return undefined;
    const report = thresholdReport(
      numbers(call.data.y_true),
      numbers(call.data.score),
      numberOrNaN(call.params.threshold),
    );
    const { tn, fp, fn, tp } = report.confusion;
    // The vectors use zero_division = 0.
    return {
      precision: report.precision ?? 0,
      recall: report.recall ?? 0,
      f1: report.f1 ?? 0,
      matrix: [
        [tn, fp],
        [fn, tp],
      ],
    };
  },

  'roc_auc.multiclass': ofProba((y, rows, call) =>
    multiclassRocAuc(y, rows, {
      comparison: call.params.multi_class as 'ovr' | 'ovo',
      average: call.params.average as 'macro' | 'weighted',
    }),
  ),
  'roc_auc.multiclass.micro': ofProba((y, rows) => multiclassRocAucMicro(y, rows)),
  top_k_accuracy: ofProba((y, rows, call) => topKAccuracy(y, rows, numberOrNaN(call.params.k))),
  'brier.multiclass': ofProba((y, rows) => multiclassBrier(y, rows)),

  mae: ofPredictions(meanAbsoluteError),
  mse: ofPredictions(meanSquaredError),
  rmse: ofPredictions(rootMeanSquaredError),
  r2: ofPredictions(rSquared),
  mape: ofPredictions(meanAbsolutePercentageError),
  median_ae: ofPredictions(medianAbsoluteError),
  explained_variance: ofPredictions(explainedVariance),
  msle: ofPredictions(meanSquaredLogError),
  d2_absolute_error: ofPredictions(absoluteErrorSkill),
  max_error: ofPredictions((y, p) => maxError(y, p)),
  pinball: ofPredictions((y, p, w, call) => pinballLoss(y, p, numberOrNaN(call.params.alpha), w)),
  poisson_deviance: ofPredictions(poissonDeviance),
  gamma_deviance: ofPredictions(gammaDeviance),

  ndcg: ofQueries((relevance, score, call) =>
    normalizedDiscountedCumulativeGain(relevance, score, {
      ...optionalNumber('k', call.params.k),
      ignoreTies: call.params.ignore_ties === true,
    }),
  ),
  dcg: ofQueries((relevance, score, call) =>
    discountedCumulativeGain(relevance, score, optionalNumber('k', call.params.k)),
  ),
  map: (call) => {
    if (hasNaN(call)) return undefined;
    const found = meanAveragePrecision(
      numberRows(call.data.relevance),
      numberRows(call.data.score),
      cutOf(call),
    );
    return { value: found.value, per_query: found.perQuery };
  },
  mrr: (call) => {
    if (hasNaN(call)) return undefined;
    const found = meanReciprocalRank(
      numberRows(call.data.relevance),
      numberRows(call.data.score),
      cutOf(call),
    );
    return { value: found.value, per_query: found.perQuery };
  },
  precision_recall_hit_at_k: (call) => {
    if (hasNaN(call)) return undefined;
    const found = retrievalAtK(numberRows(call.data.relevance), numberRows(call.data.score), cutOf(call));
    return { precision: found.precision, recall: found.recall, hit_rate: found.hitRate };
  },
  label_ranking_average_precision: ofQueries((relevance, score) =>
    labelRankingAveragePrecision(relevance, score),
  ),
};

function precisionRecallF1Case(call: CaseArguments): CaseAnswer {
  const yTrue = labels(call.data.y_true);
  const yPred = labels(call.data.y_pred);
  const zero = optionalNumber('zeroDivision', call.params.zero_division);
  const average = call.params.average;
  if (average === 'none') {
    const { precision, recall, f1, support } = perClassScores(yTrue, yPred, zero);
    return { precision, recall, f1, support };
  }
  if (average !== 'macro' && average !== 'micro' && average !== 'weighted') return undefined;
  return { ...precisionRecallF1(yTrue, yPred, { average, ...zero }), support: null };
}

function ofLabels(metric: (yTrue: Labels, yPred: Labels, call: CaseArguments) => number | null) {
  return (call: CaseArguments): CaseAnswer => ({
    value: metric(labels(call.data.y_true), labels(call.data.y_pred), call),
  });
}

function ofScores(
  metric: (yTrue: Column, score: Column, weight: { weight?: Column }, call: CaseArguments) => number | null,
) {
  return (call: CaseArguments): CaseAnswer => ({
    value: metric(numbers(call.data.y_true), numbers(call.data.score), weightOf(call), call),
  });
}

function ofProba(metric: (yTrue: Column, rows: Rows, call: CaseArguments) => number | null) {
  return (call: CaseArguments): CaseAnswer => ({
    value: metric(numbers(call.data.y_true), numberRows(call.data.proba), call),
  });
}

function ofPredictions(
  metric: (yTrue: Column, yPred: Column, weight: Column | undefined, call: CaseArguments) => number | null,
) {
  return (call: CaseArguments): CaseAnswer => ({
    value: metric(numbers(call.data.y_true), numbers(call.data.y_pred), weightOf(call).weight, call),
  });
}

function ofQueries(metric: (relevance: Rows, score: Rows, call: CaseArguments) => number | null) {
  return (call: CaseArguments): CaseAnswer => ({
    value: metric(numberRows(call.data.relevance), numberRows(call.data.score), call),
  });
}

// These answer NaN scores with whatever comparisons and sorting leave of them; we refuse NaN.
function hasNaN(call: CaseArguments): boolean {
  return list(call.data.score).some((entry) =>
    Array.isArray(entry) ? entry.some(Number.isNaN) : Number.isNaN(entry),
  );
}

function weightOf(call: CaseArguments): { weight?: Column } {
  return call.data.weight === undefined ? {} : { weight: numbers(call.data.weight) };
}

function cutOf(call: CaseArguments): number | undefined {
  const k = call.params.k;
  return typeof k === 'number' ? k : undefined;
}
