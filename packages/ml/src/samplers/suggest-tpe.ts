import type { Random } from '../random.ts';
import { defaultGamma } from './default-weights.ts';
import { createParzenEstimator, type ParzenOptions } from './parzen-estimator.ts';
import {
  isSingle,
  type Params,
  requireSearchSpace,
  type SearchSpace,
  toExternal,
  toInternal,
} from './search-space.ts';
import { type Direction, type SamplerTrial, splitTrials } from './split-trials.ts';
import { drawUniform, randomOfTrial } from './suggest-random.ts';

export interface TpeOptions extends ParzenOptions {
  seed: number;
  /** The trial being asked for: its own RUNNING entry in the history is ignored. */
  trialNumber: number;
  direction: Direction;
  /** Finished (COMPLETE or PRUNED) trials before the model takes over from random search (default 10). */
  startupTrials?: number;
  /** Model the parameters jointly (default) or each on its own. */
  multivariate?: boolean;
  /** Count RUNNING trials as bad ones so that parallel workers spread out (default true). */
  constantLiar?: boolean;
  /** Draws from the good trials' density, of which the best ratio is taken (default 24). */
  candidates?: number;
}

/**
 * The next parameters by the tree-structured Parzen estimator: split the history into good and other trials, draw
 * from the density of the good ones, return the draw with the largest log l(x) - log g(x).
 * Jointly modelled are the parameters that every finished trial has; the others are modelled one by one.
 * Deterministic by (seed, trialNumber, history).
 * @throws MlInputError `SEARCH_SPACE_INVALID`
 */
export function suggestTpe(space: SearchSpace, trials: readonly SamplerTrial[], options: TpeOptions): Params {
  requireSearchSpace(space);
  const random = randomOfTrial(options.seed, options.trialNumber);
  const past = trials.filter((trial) => trial.number !== options.trialNumber);
  const finished = past.filter((trial) => trial.state === 'COMPLETE' || trial.state === 'PRUNED');
  const params: Params = {};
  if (finished.length < (options.startupTrials ?? 10)) {
    for (const [name, distribution] of Object.entries(space))
      params[name] = drawUniform(distribution, random);
    return params;
  }
  const considered =
    options.constantLiar === false ? finished : past.filter((trial) => trial.state !== 'FAIL');
  const split = splitTrials(considered, options.direction, defaultGamma(finished.length));
  const joint: Record<string, SearchSpace[string]> = {};
  const alone: Record<string, SearchSpace[string]>[] = [];
  for (const [name, distribution] of Object.entries(space)) {
    if (isSingle(distribution)) params[name] = drawUniform(distribution, random);
    else if (options.multivariate !== false && finished.every((trial) => hasParam(trial, name, space))) {
      joint[name] = distribution;
    } else alone.push({ [name]: distribution });
  }
  if (Object.keys(joint).length > 0) Object.assign(params, bestCandidate(joint, split, options, random));
  for (const single of alone) Object.assign(params, bestCandidate(single, split, options, random));
  return inSpaceOrder(space, params);
}

/** Internal numbers, by parameter, of the trials that have every parameter of `space`. */
export function observationsOf(
  space: SearchSpace,
  trials: readonly SamplerTrial[],
): Record<string, Float64Array> {
  const columns = new Map<string, Float64Array>();
  const usable = new Uint8Array(trials.length).fill(1);
  for (const [name, distribution] of Object.entries(space)) {
    const column = new Float64Array(trials.length);
    for (const [row, trial] of trials.entries()) {
      const internal = toInternal(distribution, trial.params[name]);
      column[row] = internal;
      if (Number.isNaN(internal)) usable[row] = 0;
    }
    columns.set(name, column);
  }
  const observations: Record<string, Float64Array> = {};
  for (const [name, column] of columns) observations[name] = column.filter((_, row) => usable[row] === 1);
  return observations;
}

function hasParam(trial: SamplerTrial, name: string, space: SearchSpace): boolean {
  const distribution = space[name];
  return distribution !== undefined && !Number.isNaN(toInternal(distribution, trial.params[name]));
}

function bestCandidate(
  space: SearchSpace,
  split: { below: SamplerTrial[]; above: SamplerTrial[] },
  options: TpeOptions,
  random: Random,
): Params {
  const good = createParzenEstimator(space, observationsOf(space, split.below), options);
  const other = createParzenEstimator(space, observationsOf(space, split.above), options);
  const samples = good.sample(random, options.candidates ?? 24);
  const best = bestAcquisition(acquisition(good.logPdf(samples), other.logPdf(samples)));
  const params: Params = {};
  for (const [name, distribution] of Object.entries(space)) {
    params[name] = toExternal(distribution, samples[name]?.[best] ?? 0);
  }
  return params;
}

/** log l - log g per point. */
export function acquisition(logGood: Float64Array, logOther: Float64Array): Float64Array {
  return logGood.map((value, i) => value - (logOther[i] ?? 0));
}

/** The first of the largest values; NaN never wins. */
export function bestAcquisition(gains: Float64Array): number {
  let best = 0;
  for (let i = 1; i < gains.length; i++) {
    const current = gains[best] ?? 0;
    const gain = gains[i] ?? Number.NaN;
    if (Number.isNaN(current) || gain > current) best = i;
  }
  return best;
}

function inSpaceOrder(space: SearchSpace, params: Params): Params {
  const ordered: Params = {};
  for (const name of Object.keys(space)) ordered[name] = params[name] ?? null;
  return ordered;
}
