import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask, ask3, askToDelete, move, type Report, send, sourceOf, start } from './import.fixture.ts';

describe('what judges programs and is told of them, imported from a server', () => {
  it('moves evaluation datasets with their records under their ids, and nothing twice', async (t) => {
    const first = await start(t);
    const second = await start(t);
    const { experiment_id: kept } = await ask(first, 'experiments/create', { name: 'kept' });
    const { experiment_id: gone } = await ask(first, 'experiments/create', { name: 'gone' });
    const { dataset } = await ask3(first, 'datasets/create', {
      name: 'questions',
      experiment_ids: [kept, gone],
      tags: JSON.stringify({ kind: 'qa', 'mlflow.user': 'ana' }),
    });
    await ask(first, 'experiments/delete', { experiment_id: gone });
    const id: string = dataset.dataset_id;
    await ask3(first, `datasets/${id}/records`, {
      records: JSON.stringify([
        {
          inputs: { q: 'why?' },
          outputs: ['because'],
          expectations: { a: 1.5 },
          tags: { 'mlflow.user': 'rui' },
          source: { source_type: 'HUMAN', source_data: { user_name: 'rui' } },
        },
        { inputs: { q: 'how?' }, outputs: null },
      ]),
    });
    await ask3(first, 'datasets/create', { name: 'empty' });

    const moved = await move(first, second);
    assert.equal(moved.code, 0, moved.stderr + moved.stdout);
    const overApi = sourceOf(JSON.parse(moved.stdout) as Report);
    assert.partialDeepStrictEqual(overApi, {
      'evaluation datasets': 2,
      'evaluation datasets: tags': 2,
      'evaluation datasets: experiments': 2,
      'evaluation datasets: records': 2,
    });
    const { dataset: shown } = await ask3(first, `datasets/${id}`);
    const { digest: _, ...words } = shown;
    assert.partialDeepStrictEqual((await ask3(second, `datasets/${id}`)).dataset, words);
    const records = await ask3(first, `datasets/${id}/records`);
    assert.deepEqual(await ask3(second, `datasets/${id}/records`), records);
    assert.equal((await move(first, second)).code, 0);
    assert.deepEqual(await ask3(second, `datasets/${id}/records`), records);

    await ask3(second, `datasets/${id}/records`, { records: '[{"inputs": {"q": "who?"}}]' });
    const differing = await move(first, second);
    assert.equal(differing.code, 1);
    assert.match(differing.stdout, new RegExp(`evaluation-dataset ${id} has 2 records, here 3`));
  });

  it('moves issues as they stand, and tells of those that say something else here', async (t) => {
    const first = await start(t);
    const second = await start(t);
    const { experiment_id } = await ask(first, 'experiments/create', { name: 'watched' });
    await ask(second, 'experiments/create', { name: 'other' });
    const { issue } = await ask3(first, 'issues', {
      experiment_id,
      name: 'slow',
      description: 'd',
      severity: 'low',
      root_causes: ['a query'],
    });
    const moved = await move(first, second);
    assert.equal(moved.code, 0, moved.stderr + moved.stdout);
    assert.partialDeepStrictEqual(sourceOf(JSON.parse(moved.stdout) as Report), { issues: 1 });
    const { issue: there } = await ask3(second, `issues/${issue.issue_id}`);
    assert.deepEqual({ ...there, experiment_id }, issue);
    await ask3(first, 'issues', { experiment_id, name: 'odd', description: 'd' });
    assert.equal((await move(first, second)).code, 0);
    await send(second, `/api/v1/issues/${issue.issue_id}`, { status: 'resolved' }, {}, 'PATCH');
    const differing = await move(first, second);
    assert.equal(differing.code, 1);
    assert.match(differing.stdout, new RegExp(`issue ${issue.issue_id} says something else here`));
  });

  it('moves all versions of scorers under their numbers', async (t) => {
    const first = await start(t);
    const second = await start(t);
    const { experiment_id: experiment } = await ask(first, 'experiments/create', { name: 'judged' });
    const versions = `scorers/versions?experiment_id=${experiment}&name=brief`;
    for (const instructions of ['Is it short?', 'Is it not long?', 'Is it brief?'])
      await ask3(first, 'scorers/register', {
        experiment_id: experiment,
        name: 'brief',
        serialized_scorer: JSON.stringify({ instructions }),
      });
    await askToDelete(first, 'scorers/delete', { experiment_id: experiment, name: 'brief', version: 2 });
    const moved = await move(first, second);
    assert.equal(moved.code, 0, moved.stderr + moved.stdout);
    const overApi = sourceOf(JSON.parse(moved.stdout) as Report);
    assert.partialDeepStrictEqual(overApi, { scorers: 1, 'scorers: versions': 2 });
    const told = await ask3(first, versions);
    assert.equal(told.scorers.length, 2);
    assert.deepEqual(await ask3(second, versions), told);
    assert.equal((await move(first, second)).code, 0);
    assert.deepEqual(await ask3(second, versions), told);
  });

  it('moves webhooks under their ids, disabled, and says that their secrets stay behind', async (t) => {
    const first = await start(t);
    const second = await start(t);
    const { webhook } = await ask(first, 'webhooks', {
      name: 'news',
      url: 'https://93.184.215.14/hook',
      events: [
        { entity: 'MODEL_VERSION', action: 'CREATED' },
        { entity: 'REGISTERED_MODEL', action: 'CREATED' },
      ],
      description: 'to the team',
      secret: 'known to nobody',
    });
    const path = `webhooks/${webhook.webhook_id}`;
    const moved = await move(first, second);
    assert.equal(moved.code, 0, moved.stderr + moved.stdout);
    assert.match(moved.stdout, /the webhook news is disabled and has no secret/);
    const overApi = sourceOf(JSON.parse(moved.stdout) as Report);
    assert.partialDeepStrictEqual(overApi, { webhooks: 1, 'webhooks: events': 2 });
    const { webhook: told } = await ask(second, path);
    assert.deepEqual(told, { ...webhook, status: 'DISABLED' });
    const again = await move(first, second);
    assert.equal(again.code, 0, again.stderr + again.stdout);
    assert.doesNotMatch(again.stdout, /is disabled/);
    assert.deepEqual((await ask(second, 'webhooks')).webhooks, [told]);
  });
});
