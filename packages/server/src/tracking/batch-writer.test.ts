import assert from 'node:assert/strict';
import { it } from 'node:test';
import { metricHistory } from './metric-store.ts';
import { ana, openTracking } from './tracking.fixture.ts';

it('points of many callers at once are all kept, and each caller hears of its own mistake alone', async () => {
  const fixture = await openTracking();
  const { tracking } = fixture;
  const runs = await Promise.all(
    ['a', 'b', 'c'].map((name) => tracking.startRun(ana, { experiment: 'flights', name })),
  );
  const [first, second, deleted] = runs.map((run) => run.id);
  assert.ok(first !== undefined && second !== undefined && deleted !== undefined);
  await tracking.deleteRun(ana, deleted);

  const log = (runId: string, step: number) =>
    tracking.log(ana, runId, { metrics: [{ name: 'loss', value: 1 / step, step, at: step }] });
  const steps = Array.from({ length: 40 }, (_, index) => index + 1);
  const outcomes = await Promise.allSettled([
    ...steps.map((step) => log(first, step)),
    log('run_unknown', 1),
    ...steps.map((step) => log(second, step)),
    log(deleted, 1),
    ...steps.map((step) => log(first, step)),
  ]);

  const problems = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason.code] : [],
  );
  assert.deepEqual(problems, ['RUN_NOT_FOUND', 'RUN_DELETED']);
  for (const runId of [first, second]) {
    const history = await metricHistory(fixture.sql, runId, 'loss', { limit: 100 });
    assert.deepEqual(
      history?.points.map((point) => point.step),
      steps,
    );
    const shown = await tracking.reader.show('ws_1', runId);
    assert.deepEqual(shown.metrics.loss, { name: 'loss', value: 1 / 40, step: 40, at: 40 });
  }
  await fixture.close();
});

it('a run of a deleted experiment takes nothing, whatever is sent', async () => {
  const fixture = await openTracking();
  const { tracking } = fixture;
  const run = await tracking.startRun(ana, { experiment: 'flights', name: 'hidden' });
  await tracking.deleteExperiment(ana, run.experimentId);
  for (const batch of [
    { metrics: [{ name: 'loss', value: 1 }] },
    { params: { depth: 3 } },
    { tags: { a: 'b' } },
  ])
    await assert.rejects(tracking.log(ana, run.id, batch), { code: 'RUN_DELETED' });
  assert.equal(await metricHistory(fixture.sql, run.id, 'loss', { limit: 10 }), undefined);
  await fixture.close();
});

it('one metric of two services is one series, whichever of them made it', async () => {
  const fixture = await openTracking();
  const run = await fixture.tracking.startRun(ana, { experiment: 'flights', name: 'shared' });
  const other = fixture.secondService();
  await Promise.all(
    [fixture.tracking, other].map((service, index) =>
      service.log(ana, run.id, { metrics: [{ name: 'auc', value: index, step: index, at: 0 }] }),
    ),
  );
  await other.log(ana, run.id, { metrics: [{ name: 'auc', value: 9, step: 2, at: 0 }] });
  const history = await metricHistory(fixture.sql, run.id, 'auc', { limit: 10 });
  assert.deepEqual(
    history?.points.map((point) => point.value),
    [0, 1, 9],
  );
  await fixture.close();
});
