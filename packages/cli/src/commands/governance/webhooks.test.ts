import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Answer, type Installation, runHere, startInstallation } from '../../esteira-command.fixture.ts';

describe('webhooks from the command line', () => {
  let installation: Installation;
  before(async () => {
    installation = await startInstallation();
  });
  after(() => installation.close());

  function run(words: readonly string[], input = ''): Promise<Answer> {
    return runHere(words, { environment: installation.environment, input });
  }

  it('are made with a secret that is never shown, listed, disabled and deleted', async () => {
    const url = 'https://93.184.216.34/hook';
    const made = await run(
      [
        'webhooks',
        'create',
        'builds',
        '--url',
        url,
        '--event',
        'prompt.created',
        'model_version.created',
      ].concat(['--secret-file', '-', '--json']),
      's3cret\n',
    );
    assert.equal(made.code, 0, made.stderr);
    assert.ok(!made.stdout.includes('s3cret'));
    const { id, hasSecret, events } = JSON.parse(made.stdout);
    assert.deepEqual([hasSecret, events], [true, ['model_version.created', 'prompt.created']]);
    assert.match(
      (await run(['webhooks', 'list'])).stdout,
      new RegExp(`${id} +builds +active +yes +2 +${url}`),
    );
    assert.match((await run(['webhooks', 'disable', id])).stdout, /builds: disabled/);
    assert.match((await run(['webhooks', 'enable', id])).stdout, /builds: active/);
    assert.equal((await run(['webhooks', 'deliveries', id])).code, 0);
    assert.match((await run(['webhooks', 'redeliver', id, 'whd_none'])).stderr, /no delivery whd_none/);
    assert.match((await run(['webhooks', 'delete', id])).stdout, /removed/);
    assert.match((await run(['webhooks', 'test', id])).stderr, /not found/);
  });

  it('refuse receivers that only the server reaches', async () => {
    for (const url of ['http://example.com', 'https://127.0.0.1/', 'https://169.254.169.254/']) {
      const made = await run(['webhooks', 'create', 'x', '--url', url, '--event', 'prompt.created']);
      assert.notEqual(made.code, 0);
      assert.match(made.stderr, /Invalid webhook URL/);
    }
  });
});
