import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ana, openTracking } from '../tracking.fixture.ts';
import { forkRun } from './fork-run.ts';

describe('forking a run', () => {
  let house: Awaited<ReturnType<typeof openTracking>>;
  before(async () => {
    house = await openTracking();
  });
  after(() => house.close());

  const fork = (id: string, how: Parameters<typeof forkRun>[3] = {}) =>
    forkRun({ sql: house.sql, lineage: house.governance.lineage, service: house.tracking }, ana, id, how);

  it('starts a run with its parameters, tags and points up to a step, and says where it came from', async () => {
    const { tracking, governance } = house;
    const run = await tracking.startRun(ana, { experiment: 'net', name: 'long', tags: { team: 'a' } });
    const steps = Array.from({ length: 2_500 }, (_, step) => step);
    await tracking.log(ana, run.id, {
      params: { lr: 0.1 },
      metrics: [
        ...steps.map((step) => ({ name: 'loss', value: 1 / (step + 1), step, at: 1_000 + step })),
        { name: 'late', value: Number.NaN, step: 2_400, at: 5_000 },
      ],
    });
    await tracking.finishRun(ana, run.id, 'failed');
    const shown = await tracking.reader.show('ws_1', await fork(run.id, { step: 2_100 }));
    assert.deepEqual([shown.name, shown.status, shown.experiment], ['long (fork)', 'running', 'net']);
    assert.deepEqual([shown.params, shown.tags], [{ lr: '0.1' }, { team: 'a' }]);
    assert.deepEqual(Object.keys(shown.metrics), ['loss']);
    const { value, at } = shown.metrics.loss ?? {};
    assert.deepEqual([value, shown.metrics.loss?.step, at], [1 / 2_101, 2_100, 3_100]);
    const { nodes } = await governance.lineage.upstream('ws_1', { kind: 'run', id: shown.id });
    assert.ok(nodes.some(({ id }) => id === run.id));
    const whole = await tracking.reader.show('ws_1', await fork(run.id, { name: 'again' }));
    assert.equal(whole.name, 'again');
    assert.equal(whole.metrics.loss?.step, 2_499);
    assert.ok(Number.isNaN(whole.metrics.late?.value));
  });

  it('of a run of another workspace is not found', async () => {
    const run = await house.tracking.startRun(
      { ...ana, workspace: 'ws_2' },
      { experiment: 'net', name: 'x' },
    );
    await assert.rejects(fork(run.id), { code: 'RUN_NOT_FOUND' });
  });
});
