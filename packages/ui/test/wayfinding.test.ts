import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildPage } from './build-page.ts';
import { browserFlags, findBrowser, pagePatienceMs } from './find-browser.ts';
import { type PlatformProcess, startPlatform } from './platform-process.ts';

const executablePath = findBrowser(process.env);

describe('ways through the page', { skip: executablePath === undefined }, () => {
  let platform: PlatformProcess;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  before(async () => {
    await buildPage();
    platform = await startPlatform();
    browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: browserFlags });
    const context = await browser.newContext({ locale: 'en-US' });
    context.setDefaultTimeout(pagePatienceMs);
    page = await context.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(await platform.signInLink());
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
  });

  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  test('a logged model says what it is, what was measured of it, and what was made of it', async () => {
    const { experiment, run, model } = await logModel(platform, 'nets', 'forest');
    await page.goto(`${platform.url}/#/experiments/${experiment}/models`);
    await page.getByRole('heading', { name: 'Logged models' }).waitFor();
    await page.getByRole('link', { name: 'forest', exact: true }).click();
    await page.getByRole('heading', { name: 'forest', exact: true }).waitFor();
    await page.getByRole('row', { name: /auc 0\.8700 holdout/ }).waitFor();
    await page.getByText('criterion').waitFor();
    await page.getByText('distance: double').waitFor();
    await page.getByRole('link', { name: 'MLmodel' }).waitFor();
    await page.getByRole('link', { name: 'churn, version 1' }).click();
    await page.getByRole('heading', { name: 'churn, version 1' }).waitFor();

    await page.goto(`${platform.url}/#/experiments/${experiment}/models/${model}`);
    await page.getByRole('heading', { name: 'forest', exact: true }).waitFor();
    await page.goto(`${platform.url}/#/runs/${run}`);
    const made = page.getByRole('table', { name: 'Logged models' });
    await made.getByRole('link', { name: 'forest', exact: true }).waitFor();
    assert.deepEqual(problems, []);
  });

  test('addresses of MLflow’s client for prompts, data sets, judges and comparisons open what they name', async () => {
    const prompt = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    await mlflow(platform, 'registered-models/create', { name: 'greeting', tags: prompt });
    await mlflow(platform, 'model-versions/create', {
      name: 'greeting',
      source: 'prompt-template',
      tags: [...prompt, { key: 'mlflow.prompt.text', value: 'Say hello to {{ guest }}.' }],
    });
    const { items } = await platform.client.tracking.listExperiments({ query: { name: 'nets' } });
    const [experiment] = items;
    assert.ok(experiment);
    const dataset = await platform.client.evaluation.createDataset({
      body: { name: 'questions', experiments: [experiment.id], tags: {} },
    });
    const { items: runs } = await platform.client.tracking.searchRuns({ query: { experiment: 'nets' } });
    const ids = runs.map(({ id }) => id);
    const of = `/experiments/${experiment.number}`;
    for (const [address, shown] of [
      ['/prompts', page.getByRole('link', { name: 'greeting' })],
      ['/prompts/greeting', page.getByRole('heading', { name: 'Newest text, version 1' })],
      ['/prompts/greeting/versions/1', page.getByText('guest', { exact: true })],
      [`${of}/prompts`, page.getByRole('link', { name: 'greeting' })],
      [`${of}/prompts/greeting`, page.getByRole('heading', { name: 'Newest text, version 1' })],
      [`${of}/datasets`, page.getByRole('link', { name: 'questions' })],
      [`${of}/datasets/${dataset.id}`, page.getByRole('heading', { name: 'questions' })],
      [`${of}/judges`, page.getByRole('heading', { name: 'Judging answers' })],
      [`${of}/runs`, page.getByRole('link', { name: 'maker', exact: true })],
      [`${of}/runs/${ids[0]}/artifacts`, page.getByRole('heading', { name: 'maker' })],
      [`/compare-runs?runs=${JSON.stringify(ids)}`, page.getByRole('heading', { name: '1 run' })],
      ['/models/churn/versions/1', page.getByRole('heading', { name: 'churn, version 1' })],
    ] as const) {
      await page.goto(`${platform.url}/#${address}`);
      await shown.first().waitFor();
    }
    assert.deepEqual(problems, []);
  });

  test('the keyboard alone leads to a run by its name, and what was looked at is offered again', async () => {
    await page.goto(`${platform.url}/#/projects`);
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
    await page.keyboard.press('Control+k');
    const line = page.getByRole('combobox', { name: 'Go to a page' });
    await line.and(page.locator(':focus')).waitFor();
    await page.keyboard.type('make');
    await page.locator('[data-combobox-selected]', { hasText: 'maker' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'maker' }).waitFor();
    await line.waitFor({ state: 'detached' });

    await page.keyboard.press('Control+k');
    await page.getByRole('group', { name: 'Looked at last' }).getByText('maker').waitFor();
    await line.and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Escape');
    await line.waitFor({ state: 'detached' });
    assert.deepEqual(problems, []);
  });

  test('an open palette keeps the focus, and its arrows choose', async () => {
    await page.keyboard.press('Control+k');
    const line = page.getByRole('combobox', { name: 'Go to a page' });
    await line.and(page.locator(':focus')).waitFor();
    for (let tabs = 0; tabs < 4; tabs += 1) {
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null));
    }
    await line.fill('model');
    await page.locator('[data-combobox-selected]', { hasText: 'Models' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Models', exact: true }).waitFor();
    assert.deepEqual(problems, []);
  });

  test('a slash goes to the filter, arrows go through the rows, and Enter opens one', async () => {
    for (const name of ['second', 'third'])
      await platform.client.tracking.startRun({ body: { experiment: 'keys', name } });
    await page.goto(`${platform.url}/#/runs?experiment=keys&column=name&column=status`);
    await page.getByRole('link', { name: 'second' }).waitFor();
    await page.keyboard.press('/');
    const filter = page.getByRole('combobox', { name: 'Filter' });
    assert.ok(await filter.evaluate((element) => element === document.activeElement));
    // A slash that is typed is a slash.
    await page.keyboard.type('/');
    assert.equal(await filter.inputValue(), '/');
    await page.keyboard.press('Backspace');

    await page.getByRole('link', { name: 'third' }).focus();
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'second');
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement as Element).outlineStyle,
    );
    assert.equal(outline, 'solid');
    await page.keyboard.press('ArrowUp');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'third');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'third' }).waitFor();
    assert.deepEqual(problems, []);
  });

  test('a dialog keeps the focus until Escape closes it, which goes back to where it came from', async () => {
    await page.getByRole('button', { name: 'Actions' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Fork…' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('menuitem', { name: 'Fork…' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: /Fork/ });
    await dialog.locator('input:focus').waitFor();
    for (let tabs = 0; tabs < 6; tabs += 1) {
      await page.keyboard.press('Tab');
      assert.ok(await dialog.evaluate((element) => element.contains(document.activeElement)));
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual(problems, []);
  });
});

/** A call of MLflow's client. */
async function mlflow<Answer>(platform: PlatformProcess, path: string, body: object): Promise<Answer> {
  const reply = await fetch(`${platform.url}/api/2.0/mlflow/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  assert.equal(reply.status, 200, text);
  return JSON.parse(text) as Answer;
}

/** A run that makes a model with files, of which a version is made, as MLflow's client does all of it. */
async function logModel(platform: PlatformProcess, experiment: string, name: string) {
  type Made = {
    experiment_id: string;
    run: { info: { run_id: string } };
    model: { info: { model_id: string } };
  };
  const { experiment_id: number } = await mlflow<Made>(platform, 'experiments/create', { name: experiment });
  const made = await mlflow<Made>(platform, 'runs/create', { experiment_id: number, run_name: 'maker' });
  const run = made.run.info.run_id;
  const logged = await mlflow<Made>(platform, 'logged-models', {
    experiment_id: number,
    name,
    source_run_id: run,
    params: [{ key: 'criterion', value: 'gini' }],
  });
  const model = logged.model.info.model_id;
  const signature = '[{"type": "double", "name": "distance"}]';
  const file = await fetch(
    `${platform.url}/api/2.0/mlflow-artifacts/artifacts/${number}/models/${model}/artifacts/MLmodel`,
    {
      method: 'PUT',
      headers: { authorization: `Bearer ${platform.token}` },
      body: `flavors:\n  sklearn: {}\nsignature:\n  inputs: '${signature}'\n`,
    },
  );
  assert.equal(file.status, 200, await file.text());
  await mlflow(platform, 'runs/log-batch', {
    run_id: run,
    metrics: [
      {
        key: 'auc',
        value: 0.87,
        timestamp: 1,
        step: 0,
        model_id: model,
        dataset_name: 'holdout',
        dataset_digest: 'h',
      },
    ],
  });
  await mlflow(platform, 'registered-models/create', { name: 'churn' });
  await mlflow(platform, 'model-versions/create', {
    name: 'churn',
    source: `models:/${model}`,
    run_id: run,
    model_id: model,
  });
  return { experiment: number, run, model };
}
