import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../random.ts';
import { defaultGamma, defaultWeights } from './default-weights.ts';
import { createParzenEstimator } from './parzen-estimator.ts';
import type { ParameterDistribution, SearchSpace } from './search-space.ts';
import { type SamplerTrial, splitTrials } from './split-trials.ts';
import { suggestRandom } from './suggest-random.ts';
import { observationsOf, suggestTpe } from './suggest-tpe.ts';

const space: SearchSpace = {
  rate: { type: 'float', low: 1e-4, high: 1, log: true },
  momentum: { type: 'float', low: 0, high: 0.9, step: 0.1 },
  depth: { type: 'int', low: 1, high: 12 },
  leaves: { type: 'int', low: 2, high: 256, log: true },
  growth: { type: 'categorical', choices: ['leaf', 'depth', null, true, 3] },
  fixed: { type: 'int', low: 7, high: 7 },
};

function history(n: number, objective: (params: SamplerTrial['params']) => number): SamplerTrial[] {
  const trials: SamplerTrial[] = [];
  for (let number = 0; number < n; number++) {
    const params = suggestRandom(space, { seed: 5, trialNumber: number });
    trials.push({ number, state: 'COMPLETE', params, value: objective(params) });
  }
  return trials;
}

function belongs(distribution: ParameterDistribution, value: unknown): boolean {
  if (distribution.type === 'categorical') return distribution.choices.some((choice) => choice === value);
  if (typeof value !== 'number' || value < distribution.low || value > distribution.high) return false;
  if (distribution.type === 'int' && !Number.isInteger(value)) return false;
  if (distribution.type === 'int' || distribution.step === undefined) return true;
  const steps = (value - distribution.low) / distribution.step;
  return Math.abs(steps - Math.round(steps)) < 1e-9;
}

test('every suggestion lies in the search space and is the same for the same seed', () => {
  const trials = history(30, (params) => Number(params.depth));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.boolean(), (seed, multivariate) => {
      const options = { seed, trialNumber: 30, direction: 'minimize', multivariate } as const;
      const params = suggestTpe(space, trials, options);
      assert.deepEqual(Object.keys(params), Object.keys(space));
      for (const [name, distribution] of Object.entries(space)) {
        assert.ok(belongs(distribution, params[name]), `${name} = ${String(params[name])}`);
      }
      assert.deepEqual(suggestTpe(space, trials, options), params);
      for (const [name, value] of Object.entries(suggestRandom(space, { seed, trialNumber: 0 }))) {
        const distribution = space[name];
        assert.ok(distribution && belongs(distribution, value));
      }
    }),
    { numRuns: 40 },
  );
});

test('before ten finished trials the search is random', () => {
  const trials = history(9, () => 0);
  const options = { seed: 1, trialNumber: 9, direction: 'minimize' } as const;
  assert.deepEqual(suggestTpe(space, trials, options), suggestRandom(space, options));
});

test('suggestions gather where the objective is good', () => {
  const line: SearchSpace = { x: { type: 'float', low: -10, high: 10 } };
  const trials: SamplerTrial[] = [];
  for (let number = 0; number < 60; number++) {
    const params = suggestTpe(line, trials, { seed: 3, trialNumber: number, direction: 'minimize' });
    trials.push({ number, state: 'COMPLETE', params, value: (Number(params.x) - 3) ** 2 });
  }
  const late = trials.slice(40).map((trial) => Math.abs(Number(trial.params.x) - 3));
  late.sort((a, b) => a - b);
  assert.ok((late[10] ?? 9) < 1.5, `median distance ${late[10]}`);
});

test('a running trial pushes the next suggestion away when lies are constant', () => {
  const line: SearchSpace = { x: { type: 'float', low: 0, high: 1 } };
  const done: SamplerTrial[] = Array.from({ length: 20 }, (_, number) => ({
    number,
    state: 'COMPLETE',
    params: { x: number / 20 },
    value: Math.abs(number / 20 - 0.5),
  }));
  const running: SamplerTrial[] = Array.from({ length: 10 }, (_, i) => ({
    number: 20 + i,
    state: 'RUNNING',
    params: { x: 0.5 + i / 1000 },
  }));
  let nearLie = 0;
  let nearTruth = 0;
  for (let seed = 0; seed < 40; seed++) {
    const options = { seed, trialNumber: 99, direction: 'minimize' } as const;
    const lied = suggestTpe(line, [...done, ...running], options);
    const honest = suggestTpe(line, [...done, ...running], { ...options, constantLiar: false });
    nearLie += Math.abs(Number(lied.x) - 0.5) < 0.03 ? 1 : 0;
    nearTruth += Math.abs(Number(honest.x) - 0.5) < 0.03 ? 1 : 0;
  }
  assert.ok(nearLie < nearTruth, `${nearLie} and ${nearTruth}`);
});

test('trials with missing parameters still inform the others', () => {
  const trials = history(20, (params) => Number(params.depth));
  const partial = trials.map((trial) =>
    trial.number % 2 === 0 ? trial : { ...trial, params: { depth: trial.params.depth ?? 1 } },
  );
  const params = suggestTpe(space, partial, { seed: 1, trialNumber: 20, direction: 'maximize' });
  for (const [name, distribution] of Object.entries(space)) assert.ok(belongs(distribution, params[name]));
  assert.equal(observationsOf({ depth: { type: 'int', low: 1, high: 12 } }, partial).depth?.length, 20);
  assert.equal(observationsOf(space, partial).depth?.length, 10);
});

test('the best complete trials are good, then the longest pruned, then the least infeasible', () => {
  const trials: SamplerTrial[] = [
    { number: 0, state: 'COMPLETE', params: {}, value: 5 },
    { number: 1, state: 'PRUNED', params: {}, intermediate: { 1: 0, 4: 9 } },
    { number: 2, state: 'PRUNED', params: {}, intermediate: { 4: Number.NaN } },
    { number: 3, state: 'PRUNED', params: {}, intermediate: {} },
    { number: 4, state: 'COMPLETE', params: {}, value: 1, constraints: [-1, 2] },
    { number: 5, state: 'COMPLETE', params: {}, value: 9 },
    { number: 6, state: 'RUNNING', params: {} },
    { number: 7, state: 'FAIL', params: {} },
  ];
  const belowOf = (count: number) =>
    splitTrials(trials, 'minimize', count).below.map((trial) => trial.number);
  assert.deepEqual(belowOf(1), [0]);
  assert.deepEqual(belowOf(3), [0, 1, 5]);
  assert.deepEqual(belowOf(4), [0, 1, 2, 5]);
  assert.deepEqual(belowOf(5), [0, 1, 2, 3, 5]);
  assert.deepEqual(belowOf(99), [0, 1, 2, 3, 4, 5]);
  const { above } = splitTrials(trials, 'maximize', 1);
  assert.deepEqual(
    above.map((trial) => trial.number),
    [0, 1, 2, 3, 4, 6],
  );
});

test('weights ramp up to the newest 25 and a tenth of the trials is good', () => {
  assert.deepEqual(Array.from(defaultWeights(24)), Array(24).fill(1));
  const weights = defaultWeights(30);
  assert.equal(weights[0], 1 / 30);
  assert.equal(weights[4], 1);
  assert.equal(weights[29], 1);
  assert.equal(defaultGamma(0), 0);
  assert.equal(defaultGamma(11), 2);
  assert.equal(defaultGamma(1000), 25);
});

test('the density of a continuous parameter integrates to one, of a grid and of choices it sums to one', () => {
  const estimator = createParzenEstimator({ x: { type: 'float', low: 0, high: 2 } }, { x: [0.1, 0.5, 1.9] });
  const steps = 4000;
  const x = Float64Array.from({ length: steps }, (_, i) => ((i + 0.5) * 2) / steps);
  const integral = estimator.logPdf({ x }).reduce((sum, log) => sum + Math.exp(log) * (2 / steps), 0);
  assert.ok(Math.abs(integral - 1) < 1e-6, `${integral}`);
  const grid = createParzenEstimator(
    { k: { type: 'int', low: 1, high: 64, log: true } },
    { k: [1, 8, 8, 40] },
  );
  const k = Array.from({ length: 64 }, (_, i) => i + 1);
  const mass = grid.logPdf({ k }).reduce((sum, log) => sum + Math.exp(log), 0);
  assert.ok(Math.abs(mass - 1) < 1e-10, `${mass}`);
  const chosen = createParzenEstimator(
    { c: { type: 'categorical', choices: ['a', 'b', 'c'] } },
    { c: [0, 0, 2] },
  );
  const total = chosen.logPdf({ c: [0, 1, 2] }).reduce((sum, log) => sum + Math.exp(log), 0);
  assert.ok(Math.abs(total - 1) < 1e-12);
});

test('samples follow the density', () => {
  const estimator = createParzenEstimator({ k: { type: 'int', low: 0, high: 4 } }, { k: [0, 1, 1] });
  const { k } = estimator.sample(createRandom(8), 20000);
  const seen = new Float64Array(5);
  for (const value of k ?? []) seen[value] = (seen[value] ?? 0) + 1 / 20000;
  const density = estimator.logPdf({ k: [0, 1, 2, 3, 4] }).map(Math.exp);
  for (let i = 0; i < 5; i++) assert.ok(Math.abs((seen[i] ?? 0) - (density[i] ?? 0)) < 0.015, `${i}`);
});

test('an impossible search space is refused by name', () => {
  const refused = (distribution: ParameterDistribution) =>
    assert.throws(() => suggestRandom({ bad: distribution }, { seed: 1, trialNumber: 0 }), {
      code: 'SEARCH_SPACE_INVALID',
    });
  refused({ type: 'float', low: 1, high: 0 });
  refused({ type: 'float', low: 0, high: 1, log: true });
  refused({ type: 'int', low: 0.5, high: 2 });
  refused({ type: 'float', low: 0.1, high: 1, log: true, step: 0.1 });
  refused({ type: 'categorical', choices: [] });
  assert.throws(() => createParzenEstimator(space, {}, { priorWeight: -1 }), {
    code: 'PRIOR_WEIGHT_NEGATIVE',
  });
});
