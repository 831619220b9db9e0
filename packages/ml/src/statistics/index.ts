export { adjustPValues, type PAdjustment } from './adjust-p-values.ts';
export { andersonDarling } from './anderson-darling.ts';
export { energyDistance, wassersteinDistance } from './cdf-distance.ts';
export { association, chiSquareContingency, chiSquareGoodnessOfFit } from './contingency.ts';
export { cuped } from './controlled-experiment.ts';
export { cramerVonMises } from './cramer-von-mises.ts';
export {
  hellingerDistance,
  jensenShannonDistance,
  kullbackLeibler,
  lInfinityDistance,
  populationStabilityIndex,
  totalVariationDistance,
} from './divergences.ts';
export {
  CATEGORICAL_DRIFT_METHODS,
  type ColumnDrift,
  type DriftMethod,
  type DriftResult,
  driftAgainst,
  NUMERIC_DRIFT_METHODS,
} from './drift.ts';
export { eppsSingleton } from './epps-singleton.ts';
export { fisherExact } from './fisher-exact.ts';
export { quantileOfSorted, referenceQuantileHistogram, sturgesPooledHistogram } from './histograms.ts';
export { kolmogorovSmirnov } from './kolmogorov-smirnov.ts';
export { mannWhitney } from './mann-whitney.ts';
export { mean, variance } from './moments.ts';
export { proportionInterval, twoProportionZ } from './proportions.ts';
export {
  type CategoricalProfile,
  type ColumnValues,
  createReferenceProfile,
  mergeReferenceProfiles,
  type NumericProfile,
  type ReferenceProfile,
} from './reference-profile.ts';
export type { Alternative, TestResult } from './sample.ts';
export { sampleRatioMismatch } from './sample-ratio-mismatch.ts';
export { cohensH, sampleSizeForT, sampleSizeForZ } from './sample-size.ts';
export {
  confidenceSequenceRho2,
  differenceConfidenceSequence,
  meanConfidenceSequence,
  mixtureSequentialTest,
} from './sequential-tests.ts';
export { tInterval, tTest } from './t-test.ts';
