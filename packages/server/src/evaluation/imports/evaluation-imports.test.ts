import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, openEvaluationDatasets } from '../evaluation-datasets.fixture.ts';

const other = { ...judge, workspace: 'ws_2' };
const dataset = { id: 'd-1', name: 'questions', experiments: ['exp_1'], createdAt: 5, updatedAt: 6 };
const record = {
  id: 'dr-1',
  datasetId: 'd-1',
  inputs: { q: 1 },
  outputs: null,
  expectations: null,
  tags: {},
  createdAt: 5,
  updatedAt: 6,
};
const scorer = {
  scorerId: 's-1',
  experimentId: 'exp_1',
  name: 'brief',
  version: 3,
  definition: '{"a": 1}',
  createdAt: 7,
};

describe('what is imported of evaluation', () => {
  it('keeps ids, order and times of evaluation datasets, and takes nothing twice', async () => {
    const { datasets, imports, close } = await openEvaluationDatasets();
    assert.equal(await imports.datasets(judge, [dataset, dataset]), 1);
    const records = [record, { ...record, id: 'dr-2', inputs: { q: 2 } }, { ...record, id: 'dr-3' }];
    assert.equal(await imports.records(judge, records), 2);
    assert.equal(await imports.records(judge, records), 0);
    const found = await datasets.find('ws_1', 'd-1');
    assert.deepEqual([found.records, found.experiments, found.createdAt, found.updatedAt], [2, [1], 5, 6]);
    const { items } = await datasets.records('ws_1', 'd-1', { limit: 10 });
    assert.deepEqual(
      items.map(({ id, position, createdAt }) => [id, position, createdAt]),
      [
        ['dr-1', 1, 5],
        ['dr-2', 2, 5],
      ],
    );
    await close();
  });

  it('takes no id that another workspace or data set has, and nothing of what is not there', async () => {
    const { imports, close } = await openEvaluationDatasets();
    await imports.datasets(judge, [dataset, { ...dataset, id: 'd-2' }]);
    await imports.records(judge, [record]);
    const taken = { code: 'IMPORT_ID_TAKEN' };
    await assert.rejects(imports.datasets(other, [dataset]), taken);
    await assert.rejects(imports.records(judge, [{ ...record, datasetId: 'd-2' }]), taken);
    await assert.rejects(imports.records(other, [record]), { code: 'EVALUATION_DATASET_NOT_FOUND' });
    const lost = { ...dataset, id: 'd-3', experiments: ['exp_9'] };
    await assert.rejects(imports.datasets(judge, [lost]), { code: 'EXPERIMENT_NOT_FOUND' });
    await close();
  });

  it('keeps the numbers of versions of scorers, refuses code and overwrites nothing', async () => {
    const { imports, scorers, close } = await openEvaluationDatasets();
    const code = { ...scorer, version: 4, definition: '{"call_source": "boom()"}' };
    const all = [scorer, code, { ...scorer, version: 5 }];
    assert.deepEqual(await imports.scorers(judge, all), { added: 2, refused: [1] });
    assert.deepEqual(await imports.scorers(judge, all), { added: 0, refused: [1] });
    const key = { experiment: 1, name: 'brief' };
    assert.deepEqual(
      (await scorers.versions(judge, key)).map(({ scorerId, version, createdAt }) => [
        scorerId,
        version,
        createdAt,
      ]),
      [
        ['s-1', 3, 7],
        ['s-1', 5, 7],
      ],
    );
    await assert.rejects(imports.scorers(judge, [{ ...scorer, definition: '{}' }]), {
      code: 'IMPORT_VERSION_TAKEN',
    });
    await assert.rejects(imports.scorers(judge, [{ ...scorer, name: 'other' }]), { code: 'IMPORT_ID_TAKEN' });
    await close();
  });
});
