import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Installation, runHere, startInstallation } from '../../esteira-command.fixture.ts';

describe('issues, from the command line', () => {
  let installation: Installation;
  let experiment: string;
  before(async () => {
    installation = await startInstallation();
    experiment = (await json(['experiments', 'create', 'support'])).id;
  });
  after(() => installation.close());

  async function run(words: readonly string[]) {
    return await runHere(words, { environment: installation.environment });
  }

  async function json(words: readonly string[]) {
    const { code, stdout, stderr } = await run([...words, '--json']);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }

  it('are told of, listed, judged and deleted', async () => {
    const words = ['--experiment', experiment, '--severity', 'high', '--cause', 'a query', 'the network'];
    const { id } = await json(['issues', 'create', 'slow', ...words, '--category', 'latency']);
    const listed = await run(['issues', 'list', '--status', 'pending', '--text', 'NETWORK']);
    assert.match(listed.stdout, new RegExp(`${id} +slow +pending +high +0`));
    const changed = await json(['issues', 'change', id, '--status', 'resolved', '--severity', 'none']);
    assert.deepEqual([changed.status, changed.severity, changed.name], ['resolved', undefined, 'slow']);
    assert.deepEqual((await json(['issues', 'list', '--severity', 'high'])).items, []);
    assert.match((await run(['issues', 'show', id])).stdout, /cause +a query\ncause +the network\n/);
    await json(['issues', 'delete', id]);
    assert.match((await run(['issues', 'show', id])).stderr, /not found/);
    assert.match((await run(['issues', 'list', '--status', 'open'])).stderr, /pending, rejected, resolved/);
  });

  it('are said of traces, which a filter finds', async () => {
    const { ESTEIRA_URL: url, ESTEIRA_TOKEN: token } = installation.environment;
    const { number } = await json(['experiments', 'show', experiment]);
    const trace_location = {
      type: 'MLFLOW_EXPERIMENT',
      mlflow_experiment: { experiment_id: String(number) },
    };
    const trace_info = {
      trace_id: 'tr-1',
      trace_location,
      request_time: '2026-01-02T03:04:05Z',
      state: 'OK',
    };
    const told = await fetch(`${url}/api/3.0/mlflow/traces`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ trace: { trace_info } }),
    });
    assert.equal(told.status, 200, await told.text());
    const { id } = await json(['issues', 'create', 'odd', '--experiment', experiment]);
    await json(['issues', 'link', id, 'tr-1', '--rationale', 'see the answer']);
    assert.equal((await json(['issues', 'show', id])).traces, 1);
    assert.match((await run(['traces', 'list', '--filter', `issue = '${id}'`])).stdout, /tr-1/);
    await json(['issues', 'unlink', id, 'tr-1']);
    assert.equal((await json(['issues', 'show', id])).traces, 0);
    assert.match((await run(['issues', 'link', id, 'tr-9'])).stderr, /tr-9/);
  });
});
