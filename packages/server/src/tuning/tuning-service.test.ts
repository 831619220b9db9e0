import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Study } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { EsteiraError } from '../kernel/errors.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import { createTuningService, type TuningService } from './tuning-service.ts';

const context: RequestContext = {
  workspace: 'default',
  requestId: 'req_1',
  actor: { id: 'usr_1', kind: 'user', name: 'ana', roles: ['data-scientist'], permissions: new Set() },
};
const wanted: Omit<Study, 'id' | 'createdAt'> = {
  name: 'bowl',
  project: 'default',
  space: { x: { type: 'float', low: -5, high: 5 }, kind: { type: 'categorical', choices: ['a', 'b'] } },
  fixed: { iterations: 10 },
  objective: 'loss',
  direction: 'minimize',
  sampler: 'tpe',
  seed: 7,
  maxTrials: 40,
};

let sql: SqlDatabase;
let tuning: TuningService;

before(async () => {
  const clock = { now: () => 1_000 };
  sql = await openTestDatabase();
  tuning = createTuningService({
    sql,
    clock,
    ids: createIdGenerator({ clock, random: systemRandom }),
    audit: { record: async () => {} },
  });
});

after(() => sql.close());

test('asked and told in turn, a study finds the bottom of a bowl', async () => {
  const study = await tuning.createStudy(context, wanted);
  for (let round = 0; round < 40; round++) {
    const trial = await tuning.ask(context, study.id);
    const x = Number(trial.params.x);
    await tuning.tell(context, study.id, trial.number, {
      value: (x - 2) ** 2 + (trial.params.kind === 'a' ? 0 : 1),
    });
  }
  const { best, trials } = await tuning.get('default', study.id);
  assert.equal(trials.length, 40);
  assert.ok((best?.value ?? 9) < 0.3, `best value ${best?.value}`);
  const parameters = await tuning.bestParameters('default', study.id);
  assert.equal(parameters.iterations, 10);
  assert.equal(parameters.x, best?.params.x);
});

test('workers that ask at the same time get different trials', async () => {
  const study = await tuning.createStudy(context, wanted);
  const asked = await Promise.all(Array.from({ length: 8 }, () => tuning.ask(context, study.id)));
  assert.deepEqual(
    asked.map((trial) => trial.number).sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
});

test('the same seed suggests the same parameters', async () => {
  const first = await tuning.createStudy(context, wanted);
  const second = await tuning.createStudy(context, wanted);
  assert.deepEqual(
    (await tuning.ask(context, first.id)).params,
    (await tuning.ask(context, second.id)).params,
  );
});

test('a trial is told once', async () => {
  const study = await tuning.createStudy(context, wanted);
  const trial = await tuning.ask(context, study.id);
  await tuning.tell(context, study.id, trial.number, { error: 'out of memory' });
  await assert.rejects(
    tuning.tell(context, study.id, trial.number, { value: 1 }),
    hasCode('TRIAL_NOT_RUNNING'),
  );
});

test('a study ends at its cap', async () => {
  const study = await tuning.createStudy(context, { ...wanted, maxTrials: 1 });
  await tuning.ask(context, study.id);
  await assert.rejects(tuning.ask(context, study.id), hasCode('STUDY_EXHAUSTED'));
});

test('a request key that was used before returns its study', async () => {
  const first = await tuning.createStudy(context, wanted, 'run/tune');
  assert.equal((await tuning.createStudy(context, wanted, 'run/tune')).id, first.id);
});

test('a space that makes no sense is refused', async () => {
  const upsideDown = { ...wanted, space: { x: { type: 'float' as const, low: 1, high: 0 } } };
  await assert.rejects(tuning.createStudy(context, upsideDown), hasCode('TRAINING_PARAMETERS_INVALID'));
  const belowZero = { ...wanted, space: { x: { type: 'float' as const, low: 0, high: 1, log: true } } };
  await assert.rejects(tuning.createStudy(context, belowZero), hasCode('TRAINING_PARAMETERS_INVALID'));
});

test('a study without a completed trial has no best parameters', async () => {
  const study = await tuning.createStudy(context, wanted);
  await assert.rejects(tuning.bestParameters('default', study.id), hasCode('STUDY_WITHOUT_RESULT'));
});

function hasCode(code: string) {
  return (error: unknown) => error instanceof EsteiraError && error.code === code;
}
