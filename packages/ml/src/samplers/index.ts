export { defaultGamma, defaultWeights } from './default-weights.ts';
export { createParzenEstimator } from './parzen-estimator.ts';
export {
  type Choice,
  type ParameterDistribution,
  type Params,
  requireSearchSpace,
  type SearchSpace,
} from './search-space.ts';
export { type Direction, type SamplerTrial, splitTrials } from './split-trials.ts';
export { suggestRandom } from './suggest-random.ts';
export { acquisition, bestAcquisition, observationsOf, suggestTpe, type TpeOptions } from './suggest-tpe.ts';
