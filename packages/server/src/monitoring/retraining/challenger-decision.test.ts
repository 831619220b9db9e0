import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evaluation } from '@esteira/contracts';
import { decideChallenger } from './challenger-decision.ts';

type Other = Evaluation['baselines'][number];

function against(trainedModelId: string, lower: number | null, upper: number | null): Other {
  const difference = lower === null || upper === null ? null : (lower + upper) / 2;
  return { name: trainedModelId, trainedModelId, difference, lower, upper } as Other;
}

function evaluated(current: Other | null, baselines: Other[] = []) {
  return { metric: 'pr_auc', alpha: 0.05, current, baselines };
}

test('the challenger wins when the whole interval lies above zero', () => {
  const decided = decideChallenger(evaluated(against('tm_live', 0.01, 0.03)), 'tm_live');
  assert.equal(decided.decision, 'challenger-wins');
  assert.equal(decided.comparison?.lower, 0.01);
});

test('a difference that may be chance, or is for the worse, loses', () => {
  assert.match(decideChallenger(evaluated(against('tm_live', -0.001, 0.03)), 'tm_live').reason, /chance/);
  const worse = decideChallenger(evaluated(against('tm_live', -0.03, -0.01)), 'tm_live');
  assert.equal(worse.decision, 'challenger-loses');
  assert.match(worse.reason, /worse/);
});

test('a comparison with a model that is not live decides nothing', () => {
  assert.equal(decideChallenger(evaluated(against('tm_old', 0.1, 0.2)), 'tm_live').decision, 'not-compared');
  assert.equal(decideChallenger(evaluated(null), 'tm_live').decision, 'not-compared');
  assert.equal(decideChallenger(undefined, 'tm_live').decision, 'not-compared');
  assert.equal(
    decideChallenger(evaluated(against('tm_live', null, null)), 'tm_live').decision,
    'not-compared',
  );
});

test('before a first model is live, the hardest baseline must be beaten', () => {
  const easy = against('rule', 0.2, 0.3);
  const hard = against('logistic', -0.01, 0.02);
  assert.equal(decideChallenger(evaluated(null, [easy, hard]), null).decision, 'challenger-loses');
  assert.equal(decideChallenger(evaluated(null, [easy]), null).decision, 'challenger-wins');
  assert.equal(decideChallenger(evaluated(null), null).decision, 'not-compared');
});
