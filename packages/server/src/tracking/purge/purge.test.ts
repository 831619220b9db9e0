import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql as text } from 'kysely';
import { ana, openTracking } from '../tracking.fixture.ts';
import { createPurge } from './purge.ts';

describe('purging', () => {
  let house: Awaited<ReturnType<typeof openTracking>>;
  /** Ids of what is registered. */
  const registered = new Set<string>();
  before(async () => {
    house = await openTracking();
  });
  after(() => house.close());

  const purge = () =>
    createPurge({
      ...house,
      surroundings: {
        keptBecause: async (_reader, ids) =>
          new Map(ids.filter((id) => registered.has(id)).map((id) => [id, 'registered'])),
        versionWithin: async () => undefined,
        removers: [],
      },
    });
  const begin = async (experiment: string, name: string) => {
    const run = await house.tracking.startRun(ana, { experiment, name });
    const metrics = [{ name: 'loss', value: 1, step: 1 }];
    await house.tracking.log(ana, run.id, { params: { lr: 0.1 }, metrics, tags: { team: 'a' } });
    await house.tracking.putArtifact(ana, run.id, 'model.bin', bytesOf(name));
    return run;
  };
  async function rowsAbout(id: string): Promise<number> {
    let count = 0;
    for (const table of ['run_params', 'run_tags', 'metric_series'])
      count += await countIn(table, 'run_id', id);
    return count + (await countIn('artifacts', 'owner_id', id)) + (await countIn('runs', 'id', id));
  }
  async function countIn(table: string, column: string, id: string): Promise<number> {
    const { rows } = await text<{ count: number }>`
      select count(*) as count from ${text.table(table)} where ${text.ref(column)} = ${id}`.execute(
      house.sql.query(),
    );
    return Number(rows[0]?.count);
  }

  it('removes a deleted run with all that is kept of it, and says so in the audit log', async () => {
    const run = await begin('one', 'gone');
    await assert.rejects(purge().run(ana, run.id), { code: 'PURGE_NOT_DELETED' });
    await house.tracking.deleteRun(ana, run.id);
    await house.tracking.reader.show('ws_1', run.id);
    assert.equal(await rowsAbout(run.id), 5);
    await purge().run(ana, run.id);
    assert.equal(await rowsAbout(run.id), 0);
    await assert.rejects(purge().run(ana, run.id), { code: 'RUN_NOT_FOUND' });
    const { rows } = await text<{ action: string }>`
      select action from audit_entries where subject_id = ${run.id} order by at`.execute(house.sql.query());
    assert.equal(rows.at(-1)?.action, 'tracking.run.purged');
  });

  it('is refused while a registered version was made from the run, which can be restored', async () => {
    const run = await begin('two', 'kept');
    registered.add(run.id);
    await house.tracking.deleteRun(ana, run.id);
    await assert.rejects(purge().run(ana, run.id), { code: 'PURGE_KEPT', message: /registered model/ });
    await house.tracking.restoreRun(ana, run.id);
    assert.equal((await house.tracking.reader.find('ws_1', run.id))?.deletedAt, undefined);
  });

  it('of another workspace is not found', async () => {
    const run = await begin('three', 'other');
    await house.tracking.deleteRun(ana, run.id);
    await assert.rejects(purge().run({ ...ana, workspace: 'ws_2' }, run.id), { code: 'RUN_NOT_FOUND' });
  });

  it('removes a deleted experiment with its runs and frees its name; one kept run keeps all', async () => {
    const run = await begin('four', 'first');
    const kept = await begin('four', 'second');
    const experiment = run.experimentId;
    await assert.rejects(purge().experiment(ana, experiment), { code: 'PURGE_NOT_DELETED' });
    await house.tracking.deleteExperiment(ana, experiment);
    registered.add(kept.id);
    await assert.rejects(purge().experiment(ana, experiment), { code: 'PURGE_KEPT' });
    assert.equal(await countIn('runs', 'experiment_id', experiment), 2);
    registered.delete(kept.id);
    assert.equal((await purge().experiment(ana, experiment)).runs, 2);
    assert.equal(await rowsAbout(run.id), 0);
    const made = await house.tracking.createExperiment(ana, { name: 'four', note: '' });
    assert.notEqual(made.id, experiment);
  });
});

async function* bytesOf(content: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(content);
}
