import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { removeRuns } from './remove-runs.ts';
import type { RunRecord } from './run-record.ts';
import { createRunRecordCache } from './run-record-cache.ts';
import { ana, openTracking } from './tracking.fixture.ts';
import type { TrackingReader } from './tracking-reader.ts';

const keys = { name: 'key', value: 'value', at: 'timestamp', step: 'step' };

const run = fc.nat({ max: 2 });
const name = fc.constantFrom('a', 'b');
const value = fc.constantFrom(0, 1, -2.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const write = fc.oneof(
  fc.record({ kind: fc.constant('param' as const), run, name, text: fc.constantFrom('1', '"two"') }),
  fc.record({ kind: fc.constant('tag' as const), run, name, text: fc.constantFrom('', 'x', 'y') }),
  fc.record({ kind: fc.constant('untag' as const), run, name }),
  fc.record({
    kind: fc.constant('points' as const),
    run,
    name,
    value,
    step: fc.nat({ max: 4 }),
    alone: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('dataset' as const), run, name }),
  fc.record({ kind: fc.constant('model' as const), run, name }),
  fc.record({ kind: fc.constant('rename' as const), run, name }),
  fc.record({
    kind: fc.constant('status' as const),
    run,
    status: fc.constantFrom('running' as const, 'failed' as const),
  }),
  fc.record({ kind: fc.constant('delete' as const), run }),
  fc.record({ kind: fc.constant('restore' as const), run }),
  fc.record({ kind: fc.constant('rewind' as const), run, step: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant('delete experiment' as const), run }),
  fc.record({ kind: fc.constant('restore experiment' as const), run }),
  fc.record({ kind: fc.constant('take over' as const) }),
);

it('what two processes find of runs they know is what one finds that knows none, whatever was written by either', async () => {
  const house = await openTracking();
  // The numbers that processes give to series are their own from 2024 on.
  house.clock.time = Date.UTC(2026, 0, 1);
  const processes = [house.tracking, house.secondService()] as const;
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(write, fc.boolean()), { minLength: 1, maxLength: 12 }),
      async (writes) => {
        const experiment = `round ${round++}`;
        const ids: string[] = [];
        for (const each of ['x', 'y', 'z'])
          ids.push((await house.tracking.startRun(ana, { experiment, name: each, tags: { each } })).id);
        for (const [what, second] of writes) {
          await apply(processes[second ? 1 : 0], ids, what);
          const fresh = await found(house.secondService().reader, experiment);
          for (const { reader } of processes) assert.deepEqual(await found(reader, experiment), fresh);
        }
      },
    ),
    { numRuns: 25 },
  );
  await house.close();

  async function found(reader: TrackingReader, experiment: string) {
    const made = await reader.experiment(ana.workspace, { name: experiment });
    assert.ok(made !== undefined);
    const by = { kind: 'metric', name: 'a' } as const;
    const { items } = await reader.searchRuns(
      ana.workspace,
      {
        experiments: [made],
        conditions: [],
        orders: [{ field: by, direction: 'asc' }],
        lifecycle: 'all',
        limit: 10,
      },
      keys,
    );
    return items;
  }

  async function apply(
    tracking: (typeof processes)[number],
    ids: readonly string[],
    what: typeof write extends fc.Arbitrary<infer W> ? W : never,
  ): Promise<void> {
    if (what.kind === 'take over') return tracking.texts.settle();
    const id = ids[what.run] ?? '';
    const done = perform(tracking, id, what);
    // A run that is deleted takes no writes, and a parameter has one value.
    await done.catch((error: { code?: string }) =>
      assert.ok(
        error.code === 'RUN_DELETED' || error.code === 'EXPERIMENT_DELETED' || error.code === 'PARAM_CHANGED',
        String(error.code),
      ),
    );
  }

  async function perform(
    tracking: (typeof processes)[number],
    id: string,
    what: Exclude<typeof write extends fc.Arbitrary<infer W> ? W : never, { kind: 'take over' }>,
  ): Promise<unknown> {
    switch (what.kind) {
      case 'param':
        return tracking.log(ana, id, { params: { [what.name]: what.text } });
      case 'tag':
        return tracking.log(ana, id, { tags: { [what.name]: what.text } });
      case 'untag':
        return tracking.deleteTag(ana, id, what.name);
      case 'points': {
        const metrics = [{ name: what.name, value: what.value, step: what.step }];
        if (what.alone) return tracking.log(ana, id, { metrics });
        return house.sql.transaction((tx) => tracking.within(tx).log(ana, id, { metrics }));
      }
      case 'dataset': {
        const dataset = { name: what.name, digest: 'd', sourceType: 'local', source: '{}' };
        return tracking.log(ana, id, { datasets: [{ dataset, tags: {} }] });
      }
      case 'model':
        return tracking.log(ana, id, { modelInputs: [{ modelId: what.name, step: 0 }] });
      case 'rename':
        return tracking.updateRun(ana, id, { name: what.name });
      case 'status':
        return tracking.finishRun(ana, id, what.status);
      case 'delete':
        return tracking.deleteRun(ana, id);
      case 'restore':
        return tracking.restoreRun(ana, id);
      case 'delete experiment':
      case 'restore experiment': {
        const { experimentId } = (await tracking.reader.find(ana.workspace, id)) ?? {};
        if (what.kind === 'delete experiment') return tracking.deleteExperiment(ana, experimentId ?? '');
        return tracking.restoreExperiment(ana, experimentId ?? '');
      }
      case 'rewind':
        return tracking.rewindRun(ana, id, { step: what.step }, async () => new Map());
    }
  }
});

it('a cache gives what was kept of the same state under the same keys, and holds no more than it may', () => {
  const cache = createRunRecordCache({ mostCharacters: 40_000 });
  const experiment = {
    experiment: 'flights',
    experiment_number: 1,
    experiment_location: 'mlflow-artifacts:/1',
    experiment_deleted_at: null,
  };
  const of = (id: string, revision = 'r1') => ({
    run: { id, experiment_id: 'exp_1', revision, changes: 1 },
    experiment,
    keys,
  });
  const recordOf = (id: string, text = 'p'.repeat(1_000)): RunRecord => ({
    id,
    experimentId: 'exp_1',
    experiment: 'flights',
    experimentNumber: 1,
    experimentDeleted: false,
    artifactLocation: `mlflow-artifacts:/1/${id}/artifacts`,
    name: id,
    status: 'running',
    source: {},
    note: '',
    createdBy: 'usr_ana',
    startedAt: 1,
    params: text,
    tags: '[]',
    metrics: '[]',
    datasets: [],
    models: { inputs: [], outputs: [] },
  });
  const record = recordOf('run');
  cache.keep(of('run'), record);
  assert.equal(cache.get(of('run')), record);
  const others = [
    of('run', 'r2'),
    { ...of('run'), keys: { ...keys } },
    { ...of('run'), experiment: { ...experiment, experiment_deleted_at: 1 } },
    { ...of('run'), run: { ...of('run').run, changes: 2 } },
  ];
  for (const other of others) assert.equal(cache.get(other), undefined);
  cache.keep(of('large'), recordOf('large', 't'.repeat(5_000)));
  assert.equal(cache.get(of('large')), undefined);
  for (let index = 0; index < 100; index++) {
    cache.keep(of(`run ${index}`), recordOf(`run ${index}`));
    cache.get(of('run'));
  }
  assert.equal(cache.get(of('run')), record);
  assert.equal(cache.get(of('run 99'))?.id, 'run 99');
  assert.equal(cache.get(of('run 0')), undefined);
});

it('a run that was purged and begun again with its id is found as it is now, before its words are taken over', async () => {
  const { sql, tracking, close } = await openTracking();
  const { number } = await tracking.createExperiment(ana, { name: 'again', note: '' });
  const begin = (name: string) =>
    tracking.beginRun(ana, {
      id: 'run_again',
      experimentNumber: number,
      name,
      note: '',
      startedAt: 1,
      tags: { turn: name },
    });
  const found = async () => {
    const search = { conditions: [], orders: [], lifecycle: 'active', limit: 10 } as const;
    const { items } = await tracking.reader.searchRuns(ana.workspace, search, keys);
    return items.map(({ name, tags }) => [name, tags]);
  };
  await begin('first');
  assert.deepEqual(await found(), [['first', '[{"key":"turn","value":"first"}]']]);
  await sql.transaction((tx) => removeRuns(tx, ana.workspace, ['run_again']));
  await begin('second');
  assert.deepEqual(await found(), [['second', '[{"key":"turn","value":"second"}]']]);
  await close();
});
