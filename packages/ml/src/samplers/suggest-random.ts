import { createRandom, type Random } from '../random.ts';
import {
  isSingle,
  type ParameterDistribution,
  type Params,
  requireSearchSpace,
  type SearchSpace,
  stepOf,
  toExternal,
} from './search-space.ts';

const TRIAL_STRIDE = 0x9e3779b1;

/**
 * Independent uniform values (log-uniform for log ranges), the same for one seed and trial number on every machine.
 * @throws MlInputError `SEARCH_SPACE_INVALID`
 */
export function suggestRandom(space: SearchSpace, options: { seed: number; trialNumber: number }): Params {
  requireSearchSpace(space);
  const random = randomOfTrial(options.seed, options.trialNumber);
  const params: Params = {};
  for (const [name, distribution] of Object.entries(space)) params[name] = drawUniform(distribution, random);
  return params;
}

/** The random stream of one trial of a study. */
export function randomOfTrial(seed: number, trialNumber: number): Random {
  return createRandom((seed + (trialNumber + 1) * TRIAL_STRIDE) % Number.MAX_SAFE_INTEGER);
}

/** One uniform value of a parameter. */
export function drawUniform(distribution: ParameterDistribution, random: Random): Params[string] {
  if (distribution.type === 'categorical')
    return toExternal(distribution, random.integer(distribution.choices.length));
  const { low, high } = distribution;
  if (isSingle(distribution)) return toExternal(distribution, low);
  const step = stepOf(distribution);
  if (distribution.log === true) {
    const half = step === null ? 0 : step / 2;
    const from = Math.log(low - half);
    const drawn = Math.exp(from + random.next() * (Math.log(high + half) - from));
    return toExternal(distribution, Math.min(high, Math.max(low, step === null ? drawn : Math.round(drawn))));
  }
  if (step === null) return toExternal(distribution, low + random.next() * (high - low));
  const points = Math.floor((high - low) / step + 1e-9) + 1;
  return toExternal(distribution, low + step * random.integer(points));
}
