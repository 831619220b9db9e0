import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Installation, startInstallation } from '../../esteira-command.fixture.ts';

describe('issues, from the command line', () => {
  let installation: Installation;
  let experiment: string;
  before(async () => {
    installation = await startInstallation();
    experiment = (await installation.json(['experiments', 'create', 'support'])).id;
  });
  after(() => installation.close());

  it('are told of, listed, judged and deleted', async () => {
    const words = ['--experiment', experiment, '--severity', 'high', '--cause', 'a query', 'the network'];
    const { id } = await installation.json(['issues', 'create', 'slow', ...words, '--category', 'latency']);
    const listed = await installation.run(['issues', 'list', '--status', 'pending', '--text', 'NETWORK']);
    assert.match(listed.stdout, new RegExp(`${id} +slow +pending +high +0`));
    const changed = await installation.json([
      'issues',
      'change',
      id,
      '--status',
      'resolved',
      '--severity',
      'none',
    ]);
    assert.deepEqual([changed.status, changed.severity, changed.name], ['resolved', undefined, 'slow']);
    assert.deepEqual((await installation.json(['issues', 'list', '--severity', 'high'])).items, []);
    assert.match(
      (await installation.run(['issues', 'show', id])).stdout,
      /cause +a query\ncause +the network\n/,
    );
    await installation.json(['issues', 'delete', id]);
    assert.match((await installation.run(['issues', 'show', id])).stderr, /not found/);
    assert.match(
      (await installation.run(['issues', 'list', '--status', 'open'])).stderr,
      /pending, rejected, resolved/,
    );
  });

  it('are said of traces, which a filter finds', async () => {
    const { ESTEIRA_URL: url, ESTEIRA_TOKEN: token } = installation.environment;
    const { number } = await installation.json(['experiments', 'show', experiment]);
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
    const { id } = await installation.json(['issues', 'create', 'odd', '--experiment', experiment]);
    await installation.json(['issues', 'link', id, 'tr-1', '--rationale', 'see the answer']);
    assert.equal((await installation.json(['issues', 'show', id])).traces, 1);
    assert.match((await installation.run(['traces', 'list', '--filter', `issue = '${id}'`])).stdout, /tr-1/);
    await installation.json(['issues', 'unlink', id, 'tr-1']);
    assert.equal((await installation.json(['issues', 'show', id])).traces, 0);
    assert.match((await installation.run(['issues', 'link', id, 'tr-9'])).stderr, /tr-9/);
  });
});
