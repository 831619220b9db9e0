export { argsort, argsortDescending } from './argsort.ts';
export {
  type BinaryClassificationMetrics,
  binaryClassificationMetrics,
} from './binary-classification-metrics.ts';
export {
  type CalibrationCurve,
  type CalibrationError,
  calibrationCurve,
  expectedCalibrationError,
} from './calibration.ts';
export {
  accuracy,
  balancedAccuracy,
  balancedAccuracyUnbounded,
  cohenKappa,
  hammingLoss,
  jaccardMacro,
  matthewsCorrelation,
  perClassScores,
  precisionRecallF1,
} from './classification.ts';
export { type ComparedMetric, compareModels, type ModelComparison } from './compare-models.ts';
export { confusionMatrix, type Label } from './confusion-matrix.ts';
export {
  multiclassBrier,
  multiclassLogLoss,
  multiclassRocAuc,
  multiclassRocAucMicro,
  topKAccuracy,
} from './multiclass.ts';
export {
  averagePrecision,
  type PrecisionRecallCurve,
  precisionRecallCurve,
  precisionRecallTrapezoid,
} from './precision-recall.ts';
export { brierScore, logLoss, logLossSkill } from './probability-losses.ts';
export {
  discountedCumulativeGain,
  labelRankingAveragePrecision,
  meanAveragePrecision,
  meanReciprocalRank,
  normalizedDiscountedCumulativeGain,
  retrievalAtK,
} from './ranking.ts';
export {
  absoluteErrorSkill,
  explainedVariance,
  gammaDeviance,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogError,
  medianAbsoluteError,
  pinballLoss,
  poissonDeviance,
  type RegressionMetrics,
  regressionMetrics,
  rootMeanSquaredError,
  rSquared,
} from './regression.ts';
export { type RocCurve, rocAuc, rocCurve } from './roc.ts';
export { type ThresholdReport, thresholdReport } from './threshold-report.ts';
