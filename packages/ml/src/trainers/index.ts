export { type BinnedFeatures, binFeatures } from './bin-features.ts';
export type { Dataset } from './dataset.ts';
export { type Predictions, predict, type TrainedModel } from './predict.ts';
export {
  type BoostingProgress,
  type GradientBoostingInput,
  type GradientBoostingModel,
  type GradientBoostingOptions,
  type GradientBoostingResult,
  trainGradientBoosting,
} from './train-gradient-boosting.ts';
export {
  type LogisticRegressionInput,
  type LogisticRegressionModel,
  type LogisticRegressionOptions,
  type LogisticRegressionResult,
  trainLogisticRegression,
} from './train-logistic-regression.ts';
export { ensembleScores, type Tree, type TreeEnsemble } from './tree-ensemble.ts';
