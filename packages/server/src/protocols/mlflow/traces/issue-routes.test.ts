import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createIdGenerator } from '../../../kernel/ids.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { createLlm, purgeIssues } from '../../../llm/index.ts';
import { ana, openTracking } from '../../../tracking/tracking.fixture.ts';
import { createExperimentIds } from '../../experiment-ids.ts';
import { openMlflow } from '../mlflow.fixture.ts';
import { issueRoutes } from './issue-routes.ts';
import { traceRoutes } from './trace-routes.ts';

const base = '/api/3.0/mlflow/issues';

interface Message {
  readonly issue_id: string;
  readonly name: string;
  readonly trace_count?: number;
  readonly [field: string]: unknown;
}

describe('issues over the wire of MLflow', () => {
  let house: Awaited<ReturnType<typeof openTracking>>;
  let mlflow: Awaited<ReturnType<typeof openMlflow>>;
  before(async () => {
    house = await openTracking();
    const llm = createLlm({
      ...house,
      ids: createIdGenerator({ clock: house.clock, random: systemRandom }),
      random: systemRandom,
      surroundings: {
        findExperiment: (workspace, by) => house.tracking.reader.experiment(workspace, by),
        findRun: (workspace, id) => house.tracking.reader.find(workspace, id),
      },
    });
    const shared = {
      experimentIds: createExperimentIds(house.tracking),
      clock: house.clock,
      random: systemRandom,
    };
    const { artifacts } = house.tracking;
    mlflow = await openMlflow([
      ...issueRoutes({ ...shared, issues: llm.issues }),
      ...traceRoutes({ ...shared, traces: llm.traces, artifacts }),
    ]);
  });
  after(async () => {
    await mlflow.close();
    await house.close();
  });

  async function create(body: Readonly<Record<string, unknown>>): Promise<Message> {
    const { issue } = await mlflow.call<{ issue: Message }>('POST', base, {
      body: { name: 'slow', description: 'It takes long', ...body },
    });
    return issue;
  }

  async function search(body: Readonly<Record<string, unknown>>) {
    return await mlflow.call<{ issues: readonly Message[]; next_page_token: string }>(
      'POST',
      `${base}/search`,
      { body },
    );
  }

  async function namesOf(body: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
    return (await search(body)).issues.map(({ name }) => name);
  }

  async function anExperiment(name: string): Promise<{ readonly id: string; readonly wireId: string }> {
    const { id, number } = await house.tracking.createExperiment(ana, { name, note: '' });
    return { id, wireId: String(number) };
  }

  it('are told, shown and changed with all that is said of them', async () => {
    const made = await create({
      experiment_id: '0',
      severity: 'high',
      source_run_id: 'run-1',
      root_causes: ['a query', 'the network'],
      categories: ['latency'],
      created_by: 'rui',
    });
    const { issue_id: id, created_timestamp: at, last_updated_timestamp: updated, ...rest } = made;
    assert.match(id, /^iss-[0-9a-f]{32}$/);
    assert.equal(updated, at);
    assert.deepEqual(rest, {
      experiment_id: '0',
      name: 'slow',
      description: 'It takes long',
      status: 'pending',
      severity: 'high',
      root_causes: ['a query', 'the network'],
      categories: ['latency'],
      source_run_id: 'run-1',
      created_by: 'rui',
    });
    assert.deepEqual((await mlflow.call('GET', `${base}/${id}`)).issue, made);

    const { issue: changed } = await mlflow.call<{ issue: Message }>('PATCH', `${base}/${id}`, {
      body: { issue_id: id, name: 'slower', description: '', status: 'resolved', severity: 'low' },
    });
    assert.partialDeepStrictEqual(changed, {
      name: 'slower',
      description: 'It takes long',
      status: 'resolved',
      severity: 'low',
      created_by: 'rui',
    });
    assert.deepEqual((await mlflow.call('GET', `${base}/${id}`)).issue, changed);
    const plain = await create({ experiment_id: 0 });
    assert.deepEqual(
      ['severity', 'root_causes', 'categories', 'source_run_id', 'created_by'].filter((key) => key in plain),
      [],
    );
  });

  it('are found by experiment, status and run, the severest first', async () => {
    const { wireId: experiment_id } = await anExperiment('searched');
    await create({ experiment_id, name: 'unjudged', source_run_id: 'run-1' });
    await create({ experiment_id, name: 'none', severity: 'not_an_issue', status: 'rejected' });
    await create({ experiment_id, name: 'high', severity: 'high' });
    await create({ experiment_id, name: 'medium', severity: 'medium', source_run_id: 'run-2' });
    await create({ experiment_id, name: 'new', source_run_id: 'run-1' });
    const order = ['high', 'medium', 'none', 'new', 'unjudged'];
    assert.deepEqual(await namesOf({ experiment_id }), order);
    const withFilter = (filter_string: string) => namesOf({ experiment_id, filter_string });
    assert.deepEqual(await withFilter("status = 'rejected'"), ['none']);
    assert.deepEqual(await withFilter("status != 'pending' AND source_run_id = 'run-1'"), []);
    assert.deepEqual(await withFilter("source_run_id != 'run-1'"), ['medium']);
    assert.deepEqual(await namesOf({ experiment_id: '987' }), []);
    assert.ok((await namesOf({})).length > order.length);

    const pages: string[] = [];
    let page_token = '';
    do {
      const page = await search({ experiment_id, max_results: 2, page_token });
      pages.push(...page.issues.map(({ name }) => name));
      page_token = page.next_page_token;
    } while (page_token !== '');
    assert.deepEqual(pages, order);
  });

  it('tell of how many traces they are said, when that is asked', async () => {
    const { wireId: experiment_id } = await anExperiment('counted');
    const often = await create({ experiment_id, name: 'often' });
    await create({ experiment_id, name: 'never' });
    for (const trace of ['tr-1', 'tr-2']) {
      await mlflow.call('POST', '/api/3.0/mlflow/traces', {
        body: {
          trace: {
            trace_info: {
              trace_id: trace,
              trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } },
              request_time: '2026-01-02T03:04:05.678Z',
              state: 'OK',
            },
          },
        },
      });
      for (const _ of [1, 2])
        await mlflow.call('POST', `/api/3.0/mlflow/traces/${trace}/assessments`, {
          body: {
            assessment: {
              assessment_name: often.issue_id,
              source: { source_type: 'HUMAN', source_id: 'ana' },
              issue: { issue_name: 'often' },
            },
          },
        });
    }
    const { issues } = await search({ experiment_id, include_trace_count: true });
    assert.deepEqual(
      issues.map(({ name, trace_count }) => [name, trace_count]),
      [
        ['often', 2],
        ['never', 0],
      ],
    );
    const first = await search({ experiment_id, include_trace_count: true, max_results: 1 });
    const { next_page_token: page_token } = first;
    const second = await search({ experiment_id, include_trace_count: true, max_results: 1, page_token });
    assert.deepEqual(
      [...first.issues, ...second.issues].map(({ name }) => name),
      ['often', 'never'],
    );
    assert.ok((await search({ experiment_id })).issues.every((issue) => !('trace_count' in issue)));
  });

  it('go with their experiment, and belong to one workspace', async () => {
    const { id, wireId: experiment_id } = await anExperiment('going');
    const { issue_id } = await create({ experiment_id });
    const elsewhere = { workspace: 'ws_other' };
    assert.equal(
      await mlflow.refused('GET', `${base}/${issue_id}`, elsewhere),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
    const change = { ...elsewhere, body: { status: 'resolved' } };
    assert.equal(await mlflow.refused('PATCH', `${base}/${issue_id}`, change), '404 RESOURCE_DOES_NOT_EXIST');
    await house.sql.transaction((tx) => purgeIssues(tx, ana.workspace, { id }));
    assert.equal(await mlflow.refused('GET', `${base}/${issue_id}`), '404 RESOURCE_DOES_NOT_EXIST');
  });

  it('are refused in the words of the protocol', async () => {
    const { id, wireId: deleted } = await anExperiment('deleted');
    await house.tracking.deleteExperiment(ana, id);
    const whole = { experiment_id: '0', name: 'n', description: 'd' };
    const wrong: readonly [object, string][] = [
      [{ ...whole, experiment_id: '999999' }, '404 RESOURCE_DOES_NOT_EXIST'],
      [{ ...whole, experiment_id: deleted }, '400 INVALID_PARAMETER_VALUE'],
      [{ ...whole, experiment_id: 'x' }, '400 INVALID_PARAMETER_VALUE'],
      [{ ...whole, name: undefined }, '400 INVALID_PARAMETER_VALUE'],
      [{ ...whole, name: 'n'.repeat(251) }, '400 INVALID_PARAMETER_VALUE'],
      [{ ...whole, description: 7 }, '400 INVALID_PARAMETER_VALUE'],
      [{ ...whole, status: 'open' }, '400 INVALID_PARAMETER_VALUE'],
      [{ ...whole, severity: 'worst' }, '400 INVALID_PARAMETER_VALUE'],
      [{ ...whole, root_causes: 'one' }, '400 INVALID_PARAMETER_VALUE'],
    ];
    for (const [body, answer] of wrong)
      assert.equal(await mlflow.refused('POST', base, { body }), answer, JSON.stringify(body));
    const { body: missing } = await mlflow.send('GET', `${base}/iss-none`);
    assert.match(missing, /Issue with ID 'iss-none' not found/);
    for (const body of [
      { max_results: 0 },
      { max_results: 50_001 },
      { page_token: 'foreign' },
      { filter_string: "severity = 'high'" },
      { filter_string: "status LIKE 'p%'" },
      { filter_string: "tags.status = 'p'" },
    ])
      assert.equal(
        await mlflow.refused('POST', `${base}/search`, { body }),
        '400 INVALID_PARAMETER_VALUE',
        JSON.stringify(body),
      );
  });
});
