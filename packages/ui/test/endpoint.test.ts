import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildPage } from './build-page.ts';
import { browserFlags, findBrowser, pagePatienceMs } from './find-browser.ts';
import { type PlatformProcess, startPlatform } from './platform-process.ts';

const executablePath = findBrowser(process.env);
const rule = {
  kind: 'rule',
  task: 'classification',
  columns: { age: 'number' },
  rule: { kind: 'table', otherwise: 0.1, rules: [{ when: { age: { atLeast: 60 } }, score: 0.8 }] },
};

interface Answered {
  readonly served: {
    readonly steps: readonly { readonly step: string; readonly runs: number; readonly ms: number }[];
  };
}

describe('the page of an endpoint in a browser', { skip: executablePath === undefined }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-endpoint-page-'));
  let platform: PlatformProcess;
  let browser: Browser;
  let page: Page;
  let deployed: { readonly url: string; readonly key: string };
  let predictionId = '';

  before(async () => {
    await buildPage();
    platform = await startPlatform();
    const path = join(folder, 'rule.json');
    writeFileSync(path, JSON.stringify(rule));
    deployed = esteira(['deploy', path, '--name', 'churn']) as typeof deployed;
    predictionId = await ask(75, deployed.key);
    await ask(20, deployed.key);
    browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: browserFlags });
    page = await browser.newPage({ locale: 'en-US', viewport: { width: 1500, height: 1400 } });
    page.setDefaultTimeout(pagePatienceMs);
    await page.goto(await platform.signInLink());
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
  });

  after(async () => {
    await browser?.close();
    await platform?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What a command of the command line answers. */
  function esteira(words: readonly string[]): unknown {
    const command = join(import.meta.dirname, '../../cli/bin/esteira');
    const { stdout, stderr, status } = spawnSync(command, [...words, '--json'], {
      env: { PATH: process.env.PATH, HOME: folder, ESTEIRA_URL: platform.url, ESTEIRA_TOKEN: platform.token },
    });
    assert.equal(status, 0, stderr.toString());
    return JSON.parse(stdout.toString());
  }

  /** Asks about one row; returns the prediction id. */
  async function ask(age: number, key: string): Promise<string> {
    const answer = await fetch(`${deployed.url}/predict/churn`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ rows: [{ age }], entityKeys: [`person ${age}`] }),
    });
    const body = (await answer.json()) as { readonly predictionIds?: readonly string[] };
    assert.equal(answer.status, 200, JSON.stringify(body));
    return body.predictionIds?.[0] ?? '';
  }

  test('it has requests to copy for each client, with the address and a row', async () => {
    await page.goto(`${platform.url}/#/endpoints/churn`);
    await page.getByRole('heading', { name: 'churn' }).waitFor();
    await page.getByText('Waiting for a model').waitFor();
    await page.getByText(`curl -s ${deployed.url}/v2/models/churn/infer`).waitFor();
    await page.getByText('gRPC', { exact: true }).last().click();
    await page.getByText('import tritonclient.grpc as triton').waitFor();
    await page.getByText('MLflow', { exact: true }).click();
    await page.getByText('"dataframe_records":[{"age":').waitFor();
  });

  test('what is answered is told while it is counted, without the page being asked again', async () => {
    await page.goto(`${platform.url}/#/endpoints/churn`);
    const now = page.locator('section', { has: page.getByRole('heading', { name: 'Now' }) });
    const arm = now.getByRole('row', { name: /^Primary churn@1/ });
    // What was asked before may be shown still.
    for (let tries = 0; tries === 0 || (await arm.count()) === 0; tries++) {
      assert.ok(tries < 1000, 'nothing is counted');
      await ask(40, deployed.key);
      await page.waitForTimeout(50);
    }
    await now.getByText('Requests/s').first().waitFor();
    const log = page.locator('section', { has: page.getByRole('heading', { name: 'Newest predictions' }) });
    await log.getByRole('cell', { name: '40', exact: true }).first().waitFor();
    await now.getByText('Nobody has asked this endpoint in the last seconds.').waitFor({ timeout: 300_000 });
    const measured = esteira(['endpoints', 'live', 'churn', '--seconds', '1']);
    assert.deepEqual(Object.keys(measured as object), ['arms', 'steps', 'running', 'waiting']);
  });

  test('it is tried with a field for each column: the answer, or what the model server says against it', async () => {
    const tried = page.locator('section', { has: page.getByRole('heading', { name: 'Try it' }) });
    await tried.getByLabel('age').fill('75');
    await tried.getByRole('button', { name: 'Ask' }).click();
    const answer = tried.getByRole('region', { name: 'Answer' });
    await answer.getByText('0.8').first().waitFor();
    const text = (await answer.textContent()) ?? '';
    assert.match(text, /pr_\w+-0/);
    assert.match(text, /Primary/);
    assert.match(text, /Latency/);
    const asked = esteira(['endpoints', 'ask', 'churn', '--row', '{"age": 20}', '--row', '{"age": 75}']);
    assert.equal((asked as { predictionIds: readonly string[] }).predictionIds.length, 2);
    esteira(['endpoints', 'limits', 'churn', '--body-bytes', '5']);
    // The new limit reaches the model server by itself; until then it answers.
    for (let isRefused = false; !isRefused; ) {
      const answered = page.waitForResponse('**/api/v1/endpoints/churn/ask');
      await tried.getByRole('button', { name: 'Ask' }).click();
      isRefused = ((await (await answered).json()) as { readonly error: unknown }).error !== null;
    }
    const refusal = tried.getByRole('alert');
    assert.match((await refusal.textContent()) ?? '', /413.*5 bytes/);
  });

  test('a prediction is found by its id, by its entity and by time, and what is not there is said', async () => {
    const log = page.locator('section', { has: page.getByRole('heading', { name: 'Newest predictions' }) });
    await log.getByLabel('Prediction id').fill(predictionId);
    await log.getByRole('button', { name: 'Find' }).click();
    await log.getByRole('cell', { name: predictionId }).waitFor();
    assert.equal(await log.locator('tbody tr').count(), 1);
    await log.getByRole('cell', { name: '75', exact: true }).waitFor();
    await log.getByLabel('Prediction id').fill('');
    await log.getByLabel('Entity').fill('person 20');
    await log.getByRole('button', { name: 'Find' }).click();
    await log.getByRole('cell', { name: '20', exact: true }).waitFor();
    await log.getByLabel('Entity').fill('nobody');
    await log.getByRole('button', { name: 'Find' }).click();
    await log.getByText('No prediction in the log fits.').waitFor();
    await log.getByLabel('Entity').fill('person 20');
    await log.getByLabel('From').fill('2001-01-01T00:00');
    await log.getByRole('button', { name: 'Find' }).click();
    await log.getByRole('cell', { name: '20', exact: true }).waitFor();
    await log.getByLabel('Before').fill('2001-01-02T00:00');
    await log.getByRole('button', { name: 'Find' }).click();
    await log.getByText('No prediction in the log fits.').waitFor();
  });

  test('answers are kept for as long as is set, and no more when that is ended', async () => {
    const kept = page.locator('section', { has: page.getByRole('heading', { name: 'Answers kept' }) });
    await kept.getByText('Every question is put to the model.').waitFor();
    await kept.getByLabel('Seconds kept').fill('90');
    await kept.getByRole('button', { name: 'Keep answers' }).click();
    await kept.getByText('for 1 min 30 s, kept in 64 MiB').waitFor();
    const { desired } = await platform.client.serving.endpoint({ params: { name: 'churn' } });
    assert.equal(desired.cache?.ttlSeconds, 90);
    await kept.getByRole('button', { name: 'Keep none' }).click();
    await kept.getByText('Every question is put to the model.').waitFor();
  });

  test('a key is made, works, and works no more once it is revoked', async () => {
    const keys = page.locator('section', { has: page.getByRole('heading', { name: 'Inference keys' }) });
    await keys.getByLabel('Name of the key').fill('shop');
    await keys.getByLabel('Quota per day').fill('5000');
    await keys.getByRole('button', { name: 'Make a key' }).click();
    await keys.getByText('Copy the key now').waitFor();
    const key = (await keys.locator('code').first().textContent()) ?? '';
    for (let tries = 0; (await statusWith(key)) === 401; tries++)
      assert.ok(tries < 2000, 'the key is unknown');
    assert.equal(await statusWith(key), 200);
    // Of its quota nothing or a little is used; the key that deployed it has none.
    const row = keys.getByRole('row', { name: /^shop .* 5,000 (4,99\d|5,000) / });
    await row.getByRole('button', { name: 'Revoke' }).click();
    await row.waitFor({ state: 'detached' });
    for (let tries = 0; (await statusWith(key)) === 200; tries++)
      assert.ok(tries < 2000, 'the key still works');
  });

  test('the machines that are wanted follow the targets that are set', async () => {
    await page.goto(`${platform.url}/#/endpoints`);
    const name = 'Machines of the data plane';
    const machines = page.locator('section', { has: page.getByRole('heading', { name }) });
    await machines.getByLabel('Fewest machines').fill('3');
    await machines.getByText('at a bound').waitFor();
    await machines.getByText('3', { exact: true }).waitFor();
  });

  test('a secret of a remote model is set and removed, and its value is shown nowhere', async () => {
    const name = 'Secrets of remote models';
    const secrets = page.locator('section', { has: page.getByRole('heading', { name }) });
    await secrets.getByText('No remote model is asked with a secret.').waitFor();
    await secrets.getByLabel('Name', { exact: true }).fill('prices');
    await secrets.getByLabel('Server').fill('https://prices.example.com');
    await secrets.getByLabel('Value').fill('very secret words');
    await secrets.getByRole('button', { name: 'Set', exact: true }).click();
    const row = secrets.getByRole('row', { name: /^prices https:\/\/prices.example.com/ });
    await row.waitFor();
    // The form is emptied once everything that is shown of the room has been read again.
    const value = await secrets.getByLabel('Value').elementHandle();
    await page.waitForFunction((field) => field instanceof HTMLInputElement && field.value === '', value);
    assert.ok(!(await page.content()).includes('very secret words'));
    await secrets.getByRole('button', { name: 'Remove prices' }).click();
    await row.waitFor({ state: 'detached' });
    assert.deepEqual((esteira(['models', 'secrets', 'list']) as { items: readonly unknown[] }).items, []);
  });

  test('a version shows what its trials found, and which of its labels move by changes alone', async () => {
    esteira(['endpoints', 'test', 'churn@1']);
    const { items } = esteira(['endpoints', 'reports', '--kind', 'integration-tests']) as {
      items: readonly { readonly report: { readonly failed: number } }[];
    };
    assert.deepEqual(
      items.map(({ report }) => report.failed),
      [0],
    );
    esteira(['models', 'alias', 'churn', 'champion', '1']);
    esteira(['models', 'protect', 'churn@champion']);
    await page.goto(`${platform.url}/#/models/churn`);
    // What the page has read in the last seconds it does not read again.
    await page.reload();
    await page.getByRole('link', { name: '1', exact: true }).click();
    const name = 'Tests, benchmarks and drills';
    const trials = page.locator('section', { has: page.getByRole('heading', { name }) });
    await trials.getByRole('row', { name: /^Integration tests Passed .* 0 failed/ }).waitFor();
    const labels = page.locator('section', { has: page.getByRole('heading', { name: 'Labels' }) });
    await labels.getByText('champion', { exact: true }).waitFor();
    await labels.getByText('moves by a change alone: protected by churn@champion').waitFor();
  });

  test('it is in Portuguese for those who read it', async () => {
    const portuguese = await browser.newPage({ locale: 'pt-BR' });
    await portuguese.goto(await platform.signInLink());
    await portuguese.getByRole('heading', { name: 'Projetos' }).waitFor();
    await portuguese.goto(`${platform.url}/#/endpoints/churn`);
    await portuguese.getByLabel('Nome da chave').waitFor();
    await portuguese.getByRole('button', { name: 'Perguntar' }).waitFor();
    await portuguese.getByLabel('Id da previsão').waitFor();
    await portuguese.close();
  });

  async function statusWith(key: string): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const answer = await fetch(`${deployed.url}/v2/models/churn`, {
      headers: { authorization: `Bearer ${key}` },
    });
    return answer.status;
  }

  test('a pipeline tells what each of its steps takes', async () => {
    const path = join(folder, 'pipeline.json');
    const steps = [
      { name: 'half', map: { age: { from: 'years', scale: 0.5 } } },
      { name: 'base', model: 'models:/churn/1', inputs: { age: 'half.age' } },
    ];
    const pipeline = { kind: 'pipeline', task: 'classification', columns: { years: 'number' } };
    writeFileSync(path, JSON.stringify({ ...pipeline, steps, answer: 'base' }));
    const { url, key } = esteira(['deploy', path, '--name', 'chained']) as typeof deployed;
    await page.goto(`${platform.url}/#/endpoints/chained`);
    const panel = page.locator('section', {
      has: page.getByRole('heading', { name: 'Steps of the pipeline' }),
    });
    const half = panel.getByRole('row', { name: /^half .* ms$/ });
    for (let tries = 0; (await half.count()) === 0; tries++) {
      assert.ok(tries < 1000, 'nothing is told');
      const answer = await fetch(`${url}/predict/chained`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ rows: [{ years: 150 }] }),
      });
      assert.equal(answer.status, 200, await answer.text());
      await page.waitForTimeout(100);
    }
    const { served } = esteira(['endpoints', 'show', 'chained']) as Answered;
    assert.deepEqual(served.steps.map(({ step }) => step).sort(), ['base', 'half']);
    for (const { runs, ms } of served.steps) assert.ok(runs > 0 && ms > 0);
  });
});
