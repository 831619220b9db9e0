import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RequestContext } from '../kernel/actor.ts';
import { untilEventsSettled } from '../storage/sql/open-test-database.ts';
import { findExperiment } from './experiment-store.ts';
import { metricHistory } from './metric-store.ts';
import { parseRunFilter, parseRunOrder } from './run-filter.ts';
import { compareRuns, searchRuns } from './run-views.ts';
import { ana, openTracking } from './tracking.fixture.ts';

type Fixture = Awaited<ReturnType<typeof openTracking>>;

const stranger: RequestContext = { ...ana, workspace: 'ws_2' };

async function startRun({ tracking }: Fixture, name = 'first', experiment = 'flights') {
  return tracking.startRun(ana, { experiment, name });
}

describe('logging into a run', () => {
  it('keeps every point, and shows as latest the one of the highest step, then time, then value', async () => {
    const fixture = await openTracking();
    const run = await startRun(fixture);
    await fixture.tracking.log(ana, run.id, {
      metrics: [
        { name: 'loss', value: 0.5, step: 2, at: 10 },
        { name: 'loss', value: 0.9, step: 1, at: 30 },
        { name: 'loss', value: 0.4, step: 2, at: 20 },
        { name: 'loss', value: 0.6, step: 2, at: 20 },
        { name: 'loss', value: Number.NaN, step: 2, at: 20 },
        { name: 'auc', value: 0.7, at: 5 },
      ],
    });
    const shown = await fixture.tracking.reader.show('ws_1', run.id);
    assert.deepEqual(shown.metrics.loss, { name: 'loss', value: 0.6, step: 2, at: 20 });
    assert.equal(shown.metrics.auc?.step, 0);
    const history = await metricHistory(fixture.sql, run.id, 'loss', { limit: 100 });
    assert.deepEqual(
      history?.points.map((point) => point.step),
      [1, 2, 2, 2, 2],
    );
    await fixture.close();
  });

  it('lets NaN and the infinities survive, in the latest value and in the history', async () => {
    const fixture = await openTracking();
    const run = await startRun(fixture);
    const values = [1, Infinity, -Infinity, Number.NaN];
    await fixture.tracking.log(ana, run.id, {
      metrics: values.flatMap((value, step) => [
        { name: 'all', value, step, at: 0 },
        { name: `only ${value}`, value, at: 0 },
      ]),
    });
    const shown = await fixture.tracking.reader.show('ws_1', run.id);
    for (const value of values) assert.ok(Object.is(shown.metrics[`only ${value}`]?.value, value));
    const history = await metricHistory(fixture.sql, run.id, 'all', { limit: 10 });
    assert.deepEqual(
      history?.points.map((point) => point.value),
      values,
    );
    await fixture.close();
  });

  it('changes nothing when the same batch comes again', async () => {
    const fixture = await openTracking();
    const run = await startRun(fixture);
    const digest = `sha256:${'0'.repeat(64)}`;
    const reference = { type: 'dataset-version' as const, id: 'dv_1', digest };
    const batch = {
      params: { depth: 3, exact: true },
      tags: { stage: 'draft' },
      metrics: [Number.NaN, 0, Infinity].map((value, step) => ({ name: 'loss', value, step, at: 7 })),
      inputs: [{ role: 'training', reference }],
      outputs: [{ role: 'model', reference: { type: 'trained-model' as const, id: 'tm_1', digest } }],
    };
    await fixture.tracking.log(ana, run.id, batch);
    const once = await fixture.tracking.reader.show('ws_1', run.id);
    await fixture.tracking.log(ana, run.id, batch);
    assert.deepEqual(await fixture.tracking.reader.show('ws_1', run.id), once);
    assert.equal((await metricHistory(fixture.sql, run.id, 'loss', { limit: 100 }))?.total, 3);
    assert.deepEqual(once.params, { depth: '3', exact: 'true' });
    const graph = await fixture.governance.lineage.upstream('ws_1', { kind: 'trained-model', id: 'tm_1' });
    assert.deepEqual(graph.nodes.map((node) => node.id).sort(), ['dv_1', run.id, 'tm_1'].sort());
    await fixture.close();
  });

  it('takes a thing that a run only hands on as its output without making a circle of origins', async () => {
    const fixture = await openTracking();
    const run = await startRun(fixture);
    const reference = { type: 'dataset-version' as const, id: 'dv_1', digest: 'sha256:1' };
    const item = { role: 'version', reference };
    await fixture.tracking.log(ana, run.id, { inputs: [item] });
    await fixture.tracking.log(ana, run.id, { outputs: [item] });
    const shown = await fixture.tracking.reader.show('ws_1', run.id);
    assert.deepEqual([shown.inputs, shown.outputs], [[item], [item]]);
    await fixture.close();
  });

  it('refuses a changed parameter and keeps nothing of that batch', async () => {
    const fixture = await openTracking();
    const run = await startRun(fixture);
    await fixture.tracking.log(ana, run.id, { params: { depth: 3 } });
    const changed = {
      params: { extra: 1, depth: 4 },
      tags: { a: 'b' },
      metrics: [{ name: 'loss', value: 1 }],
    };
    await assert.rejects(fixture.tracking.log(ana, run.id, changed), { code: 'PARAM_CHANGED' });
    const shown = await fixture.tracking.reader.show('ws_1', run.id);
    assert.deepEqual([shown.params, shown.tags, shown.metrics], [{ depth: '3' }, {}, {}]);
    await fixture.close();
  });

  it('is refused in a deleted run and in a run of another workspace', async () => {
    const fixture = await openTracking();
    const run = await startRun(fixture);
    await assert.rejects(fixture.tracking.log(stranger, run.id, {}), { code: 'RUN_NOT_FOUND' });
    await fixture.tracking.deleteRun(ana, run.id);
    await assert.rejects(fixture.tracking.log(ana, run.id, {}), { code: 'RUN_DELETED' });
    await fixture.tracking.restoreRun(ana, run.id);
    await fixture.tracking.log(ana, run.id, { tags: { back: 'yes' } });
    const actions = (await fixture.audit.list('ws_1', {}, { limit: 10 })).items.map((entry) => entry.action);
    assert.deepEqual(actions, [
      'tracking.run.restored',
      'tracking.run.deleted',
      'tracking.experiment.created',
    ]);
    await fixture.close();
  });

  it('through a run log is batched, and what could not be written is told at the end', async () => {
    const fixture = await openTracking();
    const run = await startRun(fixture);
    const log = fixture.tracking.openLog(ana, run.id);
    for (let step = 0; step < 2500; step++) log.metrics({ loss: 1 / (step + 1) }, step);
    log.params({ depth: 3 });
    log.tags({ stage: 'draft' });
    for (const batch of await log.finish()) await fixture.tracking.log(ana, run.id, batch);
    const shown = await fixture.tracking.reader.show('ws_1', run.id);
    assert.equal(shown.metrics.loss?.step, 2499);
    assert.deepEqual([shown.params, shown.tags], [{ depth: '3' }, { stage: 'draft' }]);

    const second = fixture.tracking.openLog(ana, run.id);
    second.params({ depth: 4 });
    for (let step = 0; step < 1000; step++) second.metrics({ late: step }, step);
    await assert.rejects(second.finish(), { code: 'PARAM_CHANGED' });
    await fixture.close();
  });
});

describe('a run', () => {
  it('ends once, tells so, and may be opened again', async () => {
    const fixture = await openTracking();
    const run = await startRun(fixture);
    await fixture.tracking.finishRun(ana, run.id, 'succeeded');
    await fixture.tracking.finishRun(ana, run.id, 'succeeded');
    assert.notEqual((await fixture.tracking.reader.find('ws_1', run.id))?.finishedAt, undefined);
    await untilEventsSettled(fixture.sql);
    const events = await fixture.events.recent('ws_1', { limit: 10 });
    assert.deepEqual(
      events.map((event) => event.payload),
      [{ runId: run.id, status: 'succeeded' }],
    );
    await fixture.tracking.finishRun(ana, run.id, 'running');
    assert.equal((await fixture.tracking.reader.find('ws_1', run.id))?.finishedAt, undefined);
    await fixture.close();
  });

  it('nests under a parent of the same workspace only', async () => {
    const fixture = await openTracking();
    const parent = await startRun(fixture);
    const child = await fixture.tracking.startRun(ana, {
      experiment: 'flights',
      name: 'child',
      parentRunId: parent.id,
    });
    const shown = await fixture.tracking.reader.show('ws_1', parent.id);
    assert.deepEqual(
      shown.children.map((run) => run.id),
      [child.id],
    );
    const foreign = { experiment: 'flights', name: 'child', parentRunId: parent.id };
    await assert.rejects(fixture.tracking.startRun(stranger, foreign), { code: 'RUN_NOT_FOUND' });
    await fixture.close();
  });

  it('keeps files by path, streamed in, and refuses paths that go elsewhere', async () => {
    const fixture = await openTracking();
    const run = await startRun(fixture);
    async function* bytes(text: string) {
      yield Buffer.from(text);
    }
    const stored = await fixture.tracking.putArtifact(ana, run.id, 'plots/roc.txt', bytes('old'));
    const replaced = await fixture.tracking.putArtifact(ana, run.id, 'plots/roc.txt', bytes('newer'));
    assert.notEqual(stored.digest, replaced.digest);
    assert.equal(replaced.size, 5);
    await assert.rejects(fixture.tracking.putArtifact(ana, run.id, '../x', bytes('')), {
      code: 'ARTIFACT_PATH_INVALID',
    });
    await assert.rejects(fixture.tracking.putArtifact(stranger, run.id, 'x', bytes('')), {
      code: 'RUN_NOT_FOUND',
    });
    await fixture.close();
  });
});

describe('an experiment', () => {
  it('is made by its first run, and is not written into while it is deleted', async () => {
    const fixture = await openTracking();
    const run = await startRun(fixture);
    assert.equal((await startRun(fixture, 'second')).experimentId, run.experimentId);
    await fixture.tracking.deleteExperiment(ana, run.experimentId);
    await assert.rejects(startRun(fixture, 'third'), { code: 'EXPERIMENT_DELETED' });
    await assert.rejects(fixture.tracking.createExperiment(ana, { name: 'flights', note: '' }), {
      code: 'EXPERIMENT_EXISTS',
    });
    await fixture.tracking.restoreExperiment(ana, run.experimentId);
    const other = await fixture.tracking.createExperiment(ana, { name: 'other', note: '' });
    await assert.rejects(fixture.tracking.updateExperiment(ana, other.id, { name: 'flights' }), {
      code: 'EXPERIMENT_EXISTS',
    });
    await fixture.close();
  });
});

describe('the search of runs', () => {
  it('filters by what was logged, orders by it, and pages through every run once', async () => {
    const fixture = await openTracking();
    const values = [0.5, Number.NaN, 0.9, undefined, Infinity, 0.5, -Infinity, 0.1];
    for (const [index, value] of values.entries()) {
      const run = await startRun(fixture, `run ${index}`);
      await fixture.tracking.log(ana, run.id, {
        params: { parity: index % 2 === 0 ? 'even' : 'odd' },
        metrics: value === undefined ? [] : [{ name: 'auc', value }],
      });
    }
    await startRun(fixture, 'elsewhere', 'other');

    const flights = await findExperiment(fixture.sql, 'ws_1', { name: 'flights' });
    async function names(filter: string, order: string, limit = 100): Promise<string[]> {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await searchRuns(
          fixture.sql,
          'ws_1',
          {
            experiments: flights === undefined ? [] : [flights],
            conditions: parseRunFilter(filter),
            orders: [parseRunOrder(order)],
            lifecycle: 'active',
            limit,
            cursor,
          },
          {},
        );
        found.push(...page.items.map((run) => run.name.replace('run ', '')));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return found;
    }

    assert.deepEqual(await names('metrics.auc > 0.4', 'startedAt desc'), ['5', '4', '2', '0']);
    assert.deepEqual(await names("params.parity = 'odd' and metrics.auc <= 0.5", 'name asc'), ['5', '7']);
    assert.deepEqual(await names("params.missing != 'x'", 'name'), []);
    assert.deepEqual(await names("name ilike '%UN 3'", 'name'), ['3']);
    for (const limit of [1, 2, 3, 100]) {
      assert.deepEqual(await names('', 'metrics.auc desc', limit), ['4', '2', '5', '0', '7', '6', '1', '3']);
      assert.deepEqual(await names('', 'metrics.auc asc', limit), ['6', '7', '5', '0', '2', '4', '1', '3']);
      assert.deepEqual(await names('', 'params.parity asc', limit), ['6', '4', '2', '0', '7', '5', '3', '1']);
      assert.deepEqual(await names('', 'startedAt desc', limit), ['7', '6', '5', '4', '3', '2', '1', '0']);
      assert.deepEqual(await names('', 'startedAt asc', limit), ['0', '1', '2', '3', '4', '5', '6', '7']);
    }
    await fixture.close();
  });

  it('shows runs side by side', async () => {
    const fixture = await openTracking();
    const [one, two] = [await startRun(fixture, 'one'), await startRun(fixture, 'two')];
    await fixture.tracking.log(ana, one.id, {
      params: { depth: 3, seed: 1 },
      metrics: [{ name: 'auc', value: 0.5 }],
    });
    await fixture.tracking.log(ana, two.id, { params: { depth: 3, seed: 2 } });
    for (const [{ id }, path, content] of [
      [one, 'model.bin', 'same'],
      [two, 'model.bin', 'same'],
      [one, 'plot.svg', 'a'],
      [two, 'plot.svg', 'b'],
      [two, 'notes.md', 'c'],
    ] as const)
      await fixture.tracking.putArtifact(ana, id, path, bytesOf(content));
    const compared = await compareRuns(fixture.sql, 'ws_1', [one.id, two.id]);
    assert.deepEqual(
      compared.artifacts.map(({ name, values, differs }) => [name, values.map(Boolean), differs]),
      [
        ['model.bin', [true, true], false],
        ['notes.md', [false, true], true],
        ['plot.svg', [true, true], true],
      ],
    );
    assert.equal(compared.artifactsComplete, true);
    assert.deepEqual(compared.params, [
      { name: 'depth', values: ['3', '3'], differs: false },
      { name: 'seed', values: ['1', '2'], differs: true },
    ]);
    assert.deepEqual(compared.metrics, [{ name: 'auc', values: [0.5, null], differs: true }]);
    await fixture.close();
  });
});

async function* bytesOf(content: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(content);
}
