import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, openEvaluationDatasets } from '../evaluation-datasets.fixture.ts';
import type { GivenRecord } from './dataset-record.ts';
import type { DatasetField } from './dataset-search.ts';

const missing = { code: 'EVALUATION_DATASET_NOT_FOUND' };
const other = { ...judge, workspace: 'ws_2' };
const request = { name: 'questions', tags: { kind: 'qa' }, experiments: [1], userName: 'ana' };

function record(inputs: GivenRecord['inputs'], more: Partial<GivenRecord> = {}): GivenRecord {
  return { inputs, expectations: {}, tags: {}, source: undefined, userName: undefined, ...more };
}

describe('an evaluation dataset', () => {
  it('is made, read, tagged, moved between experiments and removed in its workspace alone', async () => {
    const { datasets, close } = await openEvaluationDatasets();
    const made = await datasets.create(judge, request);
    assert.match(made.id, /^d-[0-9a-f]{32}$/);
    assert.deepEqual(await datasets.find('ws_1', made.id), made);
    await assert.rejects(datasets.find('ws_2', made.id), missing);
    await assert.rejects(datasets.setTags(other, made.id, { a: '1' }), missing);
    await assert.rejects(datasets.mergeRecords(other, made.id, [record({ a: 1 })]), missing);
    assert.equal(await datasets.remove(other, made.id), false);
    await assert.rejects(datasets.create(judge, { ...request, experiments: [7] }), {
      code: 'EXPERIMENT_NOT_FOUND',
    });
    await datasets.setTags(judge, made.id, { kind: 'new', more: 'yes' });
    await datasets.deleteTag(judge, made.id, 'more');
    await datasets.deleteTag(judge, made.id, 'never');
    await datasets.addExperiments(judge, made.id, [2, 1]);
    const moved = await datasets.removeExperiments(judge, made.id, [1, 0]);
    assert.deepEqual([moved.tags, moved.experiments], [{ kind: 'new' }, [2]]);
    assert.equal(await datasets.remove(judge, made.id), true);
    assert.equal(await datasets.remove(judge, made.id), false);
    await assert.rejects(datasets.find('ws_1', made.id), missing);
    await close();
  });

  it('has one record for the same inputs, whatever the order of their keys', async () => {
    const { datasets, time, close } = await openEvaluationDatasets();
    const { id } = await datasets.create(judge, request);
    const source = { type: 'HUMAN' as const, data: {} };
    const first = await datasets.mergeRecords(judge, id, [
      record({ q: 'one', n: 1 }, { expectations: { a: '2' }, source, userName: 'ana' }),
      record({ q: 'two' }),
      record({ n: 1, q: 'one' }, { expectations: { b: 'two' } }),
    ]);
    assert.deepEqual(first, { inserted: 2, updated: 1 });
    time.now += 5;
    const again = [record({ n: 1, q: 'one' }, { outputs: null, tags: { t: 1 }, userName: 'rui' })];
    assert.deepEqual(await datasets.mergeRecords(judge, id, again), { inserted: 0, updated: 1 });
    const { items } = await datasets.records('ws_1', id, { limit: 10 });
    const [merged] = items;
    assert.ok(merged);
    assert.match(merged.id, /^dr-[0-9a-f]{32}$/);
    assert.deepEqual(merged.inputs, { q: 'one', n: 1 });
    assert.deepEqual([merged.expectations, merged.outputs], [{ a: '2', b: 'two' }, null]);
    assert.deepEqual([merged.tags, merged.source], [{ t: 1 }, source]);
    assert.deepEqual([merged.userName, merged.updatedUserName], ['ana', 'rui']);
    const dataset = await datasets.find('ws_1', id);
    assert.deepEqual([dataset.records, dataset.updatedUserName], [2, 'rui']);
    assert.ok(dataset.changedAt > dataset.createdAt);
    assert.equal(await datasets.removeRecords(judge, id, [merged.id, 'dr-none']), 1);
    assert.equal((await datasets.find('ws_1', id)).records, 1);
    await close();
  });

  it('gives thousands of records in the order they came, page by page', async () => {
    const { datasets, close } = await openEvaluationDatasets();
    const { id } = await datasets.create(judge, request);
    const batch = (from: number) => Array.from({ length: 1_100 }, (_, index) => record({ i: from + index }));
    await datasets.mergeRecords(judge, id, batch(0));
    await datasets.mergeRecords(judge, id, batch(1_000));
    const seen: unknown[] = [];
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const page = await datasets.records('ws_1', id, { limit: 900, cursor });
      seen.push(...page.items.map(({ inputs }) => inputs.i));
      cursor = page.nextCursor;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 2_100 }, (_, index) => index),
    );
    await close();
  });

  it('is found by what it is called, tagged and belongs to, in any order, page by page', async () => {
    const { datasets, time, close } = await openEvaluationDatasets();
    for (const [name, experiments] of [
      ['b', [1]],
      ['a', [1, 2]],
      ['c', [2]],
      ['a', []],
    ] as const) {
      time.now += 1;
      await datasets.create(judge, { name, experiments, tags: { name }, userName: 'ana' });
    }
    await datasets.create(other, request);
    const attribute = (name: 'name' | 'createdAt' | 'userName'): DatasetField => ({
      kind: 'attribute',
      name,
    });
    const find = async (search: Partial<Parameters<typeof datasets.search>[1]>) => {
      const names: string[] = [];
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const page = await datasets.search('ws_1', {
          conditions: [],
          orders: [],
          limit: 1,
          cursor,
          ...search,
        });
        names.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor;
      }
      return names.join('');
    };
    assert.equal(await find({}), 'acab');
    assert.equal(await find({ experiments: [1] }), 'ab');
    assert.equal(await find({ experiments: [1, 2] }), 'cab');
    assert.equal(await find({ orders: [{ field: attribute('name'), direction: 'asc' }] }), 'aabc');
    const orders = [
      { field: attribute('name'), direction: 'desc' as const },
      { field: attribute('createdAt'), direction: 'asc' as const },
    ];
    assert.equal(await find({ orders, limit: 2 }), 'cbaa');
    const when = (
      field: DatasetField,
      operator: '=' | '!=' | 'like' | 'ilike' | '>' | 'in',
      value: string | number | string[],
    ) => find({ conditions: [{ field, operator, value }] });
    assert.equal(await when(attribute('name'), '=', 'b'), 'b');
    assert.equal(await when(attribute('name'), '!=', 'a'), 'cb');
    assert.equal(await when(attribute('name'), 'in', ['b', 'c']), 'cb');
    assert.equal(await when(attribute('name'), 'like', 'A%'), '');
    assert.equal(await when(attribute('name'), 'ilike', 'A%'), 'aa');
    assert.equal(await when(attribute('createdAt'), '>', time.now - 2), 'ac');
    assert.equal(await when({ kind: 'tag', name: 'name' }, '=', 'c'), 'c');
    assert.equal(await when({ kind: 'tag', name: 'none' }, '!=', 'c'), '');
    await close();
  });
});

describe('a scorer', () => {
  it('has a version for each time it is registered, in its experiment alone', async () => {
    const { scorers, close } = await openEvaluationDatasets();
    const key = { experiment: 1, name: 'exact' };
    const first = await scorers.register(judge, { ...key, definition: '{"v":1}' });
    const second = await scorers.register(judge, { ...key, definition: '{"v":2}' });
    await scorers.register(judge, { experiment: 2, name: 'other', definition: '{}' });
    assert.deepEqual([first.version, second.version, second.scorerId === first.scorerId], [1, 2, true]);
    assert.deepEqual(await scorers.versions(judge, key), [first, second]);
    assert.deepEqual(await scorers.find(judge, key, undefined), second);
    assert.deepEqual(await scorers.find(judge, key, 1), first);
    assert.deepEqual(await scorers.listOf(judge, 1), [second]);
    const all = (await scorers.list(judge, undefined)).map(({ name, version }) => `${name} ${version}`);
    assert.deepEqual(all, ['exact 2', 'other 1']);
    assert.deepEqual(await scorers.list(judge, [7]), []);
    assert.deepEqual(await scorers.list(other, undefined), []);
    const missing = { code: 'SCORER_NOT_FOUND' };
    await assert.rejects(scorers.find(judge, key, 3), missing);
    await assert.rejects(scorers.find(other, key, undefined), missing);
    await assert.rejects(scorers.listOf(judge, 7), { code: 'EXPERIMENT_NOT_FOUND' });
    await scorers.remove(judge, key, 2);
    assert.equal((await scorers.find(judge, key, undefined)).version, 1);
    await scorers.remove(judge, key, undefined);
    await assert.rejects(scorers.remove(judge, key, undefined), missing);
    await close();
  });
});
