import {
  acquisition,
  bestAcquisition,
  createParzenEstimator,
  type Direction,
  defaultGamma,
  defaultWeights,
  observationsOf,
  type ParameterDistribution,
  type SamplerTrial,
  type SearchSpace,
  splitTrials,
} from '../../packages/ml/src/index.ts';
import { list, numberOrNaN, numbers, optionalNumber, record } from './case-values.ts';
import type { CaseAnswer, CaseArguments, GoldenAdapter } from './check-case.ts';
import type { Json } from './compare-expected.ts';

/** optuna_tpe.json: Optuna's Parzen estimator, split and acquisition values. */
export const optunaTpeCases: GoldenAdapter = {
  'tpe.default_weights_gamma': (call) => {
    const n = numberOrNaN(call.data.n);
    return { weights: defaultWeights(n), gamma: defaultGamma(n) };
  },
  'tpe.parzen_log_pdf': parzenLogPdf,
  'tpe.split_and_acquisition': splitAndAcquisition,
};

function parzenLogPdf(call: CaseArguments): CaseAnswer {
  const space = searchSpaceOf(call.data.search_space);
  const estimator = createParzenEstimator(space, columnsOf(call.data.observations_internal), {
    ...optionalNumber('priorWeight', call.params.prior_weight),
    considerMagicClip: call.params.consider_magic_clip !== false,
    considerEndpoints: call.params.consider_endpoints === true,
  });
  const kernels: Record<string, { mu: Float64Array; sigma: Float64Array }> = {};
  for (const [name, kernel] of estimator.kernels) {
    if (kernel.kind === 'numeric') kernels[name] = { mu: kernel.mu, sigma: kernel.sigma };
  }
  return {
    log_pdf: estimator.logPdf(columnsOf(call.data.points_internal)),
    weights: estimator.weights,
    kernels_in_log_space_if_log: kernels,
  };
}

function splitAndAcquisition(call: CaseArguments): CaseAnswer {
  const space = searchSpaceOf(call.data.search_space);
  const history = trialsOf(call);
  const liar = call.params.constant_liar === true;
  const considered = history.filter((trial) => trial.state !== 'FAIL' && (liar || trial.state !== 'RUNNING'));
  const finished = considered.filter((trial) => trial.state !== 'RUNNING').length;
  const gamma = defaultGamma(finished);
  const { below, above } = splitTrials(considered, call.data.direction as Direction, gamma);
  const points = columnsOf(call.data.points_internal);
  const names = Object.keys(space);
  const groups = call.params.multivariate === true ? [names] : names.map((name) => [name]);
  return {
    n_finished: finished,
    gamma,
    below: below.map((trial) => trial.number),
    above: above.map((trial) => trial.number),
    groups: groups.map((params) => groupAnswer(params, space, below, above, points)),
  };
}

function groupAnswer(
  params: string[],
  space: SearchSpace,
  below: SamplerTrial[],
  above: SamplerTrial[],
  points: Record<string, Float64Array>,
): Record<string, unknown> {
  const part: Record<string, ParameterDistribution> = {};
  for (const name of params) {
    const distribution = space[name];
    if (distribution) part[name] = distribution;
  }
  const logL = createParzenEstimator(part, observationsOf(part, below)).logPdf(points);
  const logG = createParzenEstimator(part, observationsOf(part, above)).logPdf(points);
  const gains = acquisition(logL, logG);
  return { params, log_l: logL, log_g: logG, acquisition: gains, argmax: bestAcquisition(gains) };
}

function trialsOf(call: CaseArguments): SamplerTrial[] {
  const { trials } = call.data;
  const rows =
    typeof trials === 'string' && trials.startsWith('@') ? call.arrays[trials.slice(1)]?.trials : trials;
  return list(rows).map((row) => {
    const trial = record(row);
    const intermediate: Record<string, number> = {};
    for (const [step, value] of Object.entries(record(trial.intermediate))) {
      intermediate[step] = value === 'NaN' ? Number.NaN : numberOrNaN(value);
    }
    return {
      number: numberOrNaN(trial.number),
      state: trial.state as SamplerTrial['state'],
      params: record(trial.params) as SamplerTrial['params'],
      ...optionalNumber('value', trial.value),
      intermediate,
    };
  });
}

function searchSpaceOf(value: Json | undefined): SearchSpace {
  const space: Record<string, ParameterDistribution> = {};
  for (const [name, entry] of Object.entries(record(value))) {
    const { name: kind, attributes } = record(entry);
    const fields = record(attributes);
    if (kind === 'CategoricalDistribution') {
      space[name] = {
        type: 'categorical',
        choices: list(fields.choices) as (string | number | boolean | null)[],
      };
      continue;
    }
    space[name] = {
      type: kind === 'IntDistribution' ? 'int' : 'float',
      low: numberOrNaN(fields.low),
      high: numberOrNaN(fields.high),
      log: fields.log === true,
      ...optionalNumber('step', fields.step),
    };
  }
  return space;
}

function columnsOf(value: Json | undefined): Record<string, Float64Array> {
  const columns: Record<string, Float64Array> = {};
  for (const [name, column] of Object.entries(record(value))) columns[name] = numbers(column);
  return columns;
}
