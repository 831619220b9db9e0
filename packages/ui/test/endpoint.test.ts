import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { browserFlags, findBrowser } from './find-browser.ts';
import { type PlatformProcess, startPlatform } from './platform-process.ts';

const executablePath = findBrowser(process.env);
const rule = {
  kind: 'rule',
  task: 'classification',
  columns: { age: 'number' },
  rule: { kind: 'table', otherwise: 0.1, rules: [{ when: { age: { atLeast: 60 } }, score: 0.8 }] },
};

describe('the page of an endpoint in a browser', { skip: executablePath === undefined }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-endpoint-page-'));
  let platform: PlatformProcess;
  let browser: Browser;
  let page: Page;
  let deployed: { readonly url: string; readonly key: string };
  let predictionId = '';

  before(async () => {
    await build({ configFile: `${import.meta.dirname}/../vite.config.ts`, logLevel: 'error' });
    platform = await startPlatform();
    const path = join(folder, 'rule.json');
    writeFileSync(path, JSON.stringify(rule));
    deployed = esteira(['deploy', path, '--name', 'churn']) as typeof deployed;
    predictionId = await ask(75, deployed.key);
    await ask(20, deployed.key);
    browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: browserFlags });
    page = await browser.newPage({ locale: 'en-US', viewport: { width: 1500, height: 1400 } });
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
    const refusal = tried.getByRole('alert');
    for (let tries = 0; (await refusal.count()) === 0; tries++) {
      assert.ok(tries < 100, 'nothing is refused');
      await tried.getByRole('button', { name: 'Ask' }).click();
      await page.waitForTimeout(100);
    }
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

  test('a key is made, works, and works no more once it is revoked', async () => {
    const keys = page.locator('section', { has: page.getByRole('heading', { name: 'Inference keys' }) });
    await keys.getByLabel('Name of the key').fill('shop');
    await keys.getByRole('button', { name: 'Make a key' }).click();
    await keys.getByText('Copy the key now').waitFor();
    const key = (await keys.locator('code').first().textContent()) ?? '';
    for (let tries = 0; (await statusWith(key)) === 401; tries++)
      assert.ok(tries < 100, 'the key is unknown');
    assert.equal(await statusWith(key), 200);
    const row = keys.getByRole('row', { name: /^shop/ });
    await row.getByRole('button', { name: 'Revoke' }).click();
    await row.waitFor({ state: 'detached' });
    for (let tries = 0; (await statusWith(key)) === 200; tries++)
      assert.ok(tries < 100, 'the key still works');
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
});
