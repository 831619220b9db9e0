import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemRandom } from '../../kernel/random-source.ts';
import { ana, openTracking } from '../tracking.fixture.ts';
import { deletedLoggedModels } from './logged-model-retention.ts';
import { createLoggedModels } from './logged-models.ts';

it('logged models that were deleted go with their files, by when they were deleted', async () => {
  const house = await openTracking();
  const { sql, tracking } = house;
  const loggedModels = createLoggedModels({ ...house, random: systemRandom });
  tracking.artifacts.owners.register('logged-model', loggedModels.findOwner);
  const { number } = await tracking.createExperiment(ana, { name: 'nets', note: '' });
  const run = await tracking.startRun(ana, { experiment: 'nets', name: 'first' });
  const given = { experimentNumber: number, type: '', params: { depth: '3' }, tags: {} };
  const gone = await loggedModels.create(ana, { ...given, sourceRunId: run.id });
  const standing = await loggedModels.create(ana, { ...given, sourceRunId: null });
  for (const { id } of [gone, standing])
    await tracking.artifacts.put(ana, { kind: 'logged-model', id }, 'MLmodel', bytesOf('flavors: {}'));
  await loggedModels.remove(ana, gone.id);

  const page = (before: number) =>
    deletedLoggedModels.page(sql, { workspace: 'ws_1', before, after: undefined, limit: 10 });
  assert.deepEqual(await page(house.clock.time - 1_000), []);
  const [thing, ...others] = await page(house.clock.time);
  assert.deepEqual([thing?.key, thing?.bytes, others], [gone.id, 11, []]);
  assert.deepEqual(thing?.things, [{ kind: 'run', id: run.id }]);
  assert.equal(thing?.content.length, 1);

  await sql.transaction((tx) => deletedLoggedModels.remove(tx, 'ws_1', [gone.id]));
  assert.deepEqual(await page(house.clock.time), []);
  await assert.rejects(loggedModels.show('ws_1', gone.id, 'all'), { code: 'LOGGED_MODEL_NOT_FOUND' });
  assert.deepEqual(await tracking.artifacts.list('ws_1', { kind: 'logged-model', id: gone.id }, ''), []);
  assert.equal(
    (await tracking.artifacts.list('ws_1', { kind: 'logged-model', id: standing.id }, '')).length,
    1,
  );
  await house.close();
});

async function* bytesOf(content: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(content);
}
