import assert from 'node:assert/strict';
import { it } from 'node:test';
import { experimentRevision } from './experiment-revision.ts';
import { importExperiment } from './imports/import-experiments.ts';
import { createPurge } from './purge/purge.ts';
import { ana, openTracking } from './tracking.fixture.ts';

it('whatever is written of the experiments of a workspace renews its revision, and no other', async () => {
  const house = await openTracking();
  const { sql, tracking } = house;
  const purge = createPurge({
    ...house,
    surroundings: {
      keptBecause: async () => new Map(),
      versionWithin: async () => undefined,
      removers: [],
    },
  });
  const take = (note: string) =>
    sql.transaction((tx) =>
      importExperiment(house, tx, ana, {
        name: 'imported',
        note,
        createdAt: 1,
        updatedAt: 2,
        tags: [['team', 'a']],
      }),
    );
  const elsewhere = { ...ana, workspace: 'ws_2' };
  await tracking.createExperiment(elsewhere, { name: 'a', note: '' });
  const other = await experimentRevision(sql, 'ws_2');
  const { id } = await tracking.createExperiment(ana, { name: 'a', note: '' });
  const seen = new Set(['', await experimentRevision(sql, ana.workspace)]);
  const writes: (() => Promise<unknown>)[] = [
    () => tracking.ensureDefaultExperiment(ana),
    () => tracking.updateExperiment(ana, id, { name: 'b' }),
    () => tracking.updateExperiment(ana, id, { setTags: { team: 'x' } }),
    () => tracking.deleteExperimentTag(ana, id, 'team'),
    () => tracking.deleteExperiment(ana, id),
    () => tracking.restoreExperiment(ana, id),
    () => tracking.deleteExperiment(ana, id),
    () => purge.experiment(ana, id),
    () => tracking.startRun(ana, { experiment: 'with a run', name: 'run' }),
    () => take(''),
    () => take('again'),
  ];
  for (const [index, write] of writes.entries()) {
    await write();
    const revision = await experimentRevision(sql, ana.workspace);
    assert.ok(!seen.has(revision), `write ${index}`);
    seen.add(revision);
  }
  assert.equal(await experimentRevision(sql, 'ws_2'), other);
  await house.close();
});
