import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { buildPage } from './build-page.ts';
import { browserFlags, findBrowser, pagePatienceMs } from './find-browser.ts';
import { type PlatformProcess, startPlatform } from './platform-process.ts';

const executablePath = findBrowser(process.env);
const flightDelays = {
  name: 'flight-delays',
  title: 'Which flights will arrive late',
  problem: 'Operations wants to know at departure which flights will arrive late.',
  successMetric: { name: 'pr_auc', direction: 'maximize', margin: 0.02, baseline: 'rule' },
  sla: { p95Ms: 20 },
  riskClass: 'limited',
  sensitiveAttributes: [],
  sensitiveStatement: 'The records hold no attribute of a person.',
} as const;

describe('the page in a browser', { skip: executablePath === undefined }, () => {
  let platform: PlatformProcess;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const problems: string[] = [];

  before(async () => {
    await buildPage();
    platform = await startPlatform();
    browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: browserFlags });
    context = await browser.newContext({ locale: 'en-US', colorScheme: 'light' });
    context.setDefaultTimeout(pagePatienceMs);
    page = await context.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`content policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
  });

  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  test('whoever is not signed in is told how to get a link', async () => {
    await page.goto(platform.url);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByText('esteira users link <name>').waitFor();
    // The browser itself reports the answer 401 to "who am I".
    assert.deepEqual(
      problems.splice(0).filter((problem) => !problem.includes('401')),
      [],
    );
  });

  test('a link signs in once, and its secret leaves the address bar', async () => {
    const link = await platform.signInLink();
    await page.goto(link);
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
    const secret = link.split('/').at(-1) ?? '';
    assert.ok(secret.length > 20);
    assert.ok(!page.url().includes(secret));
    await page.getByRole('button', { name: 'Sign out' }).waitFor();

    const stranger = await browser.newContext();
    const strange = await stranger.newPage();
    await strange.goto(link);
    await strange.getByText('This link did not sign you in').waitFor();
    assert.ok(!strange.url().includes(secret));
    await stranger.close();
  });

  test('without a project the page says how to open one', async () => {
    await page.getByText('No project yet').waitFor();
    await page.getByText('esteira projects create project.yaml').waitFor();
  });

  test('a new project shows its promise and its life cycle', async () => {
    await platform.client.projects.createProject({ body: { ...flightDelays, sensitiveAttributes: [] } });
    await page.reload();
    await page.getByRole('link', { name: flightDelays.title }).click();
    await page.getByRole('heading', { name: flightDelays.title }).waitFor();
    await page.getByText('at most 20 ms').waitFor();
    const problem = page.locator('li[data-stage="problem"]');
    assert.equal(await problem.getAttribute('data-reached'), 'true');
    const data = page.locator('li[data-stage="data"]');
    assert.equal(await data.getAttribute('data-next'), 'true');
  });

  test('a run shows the history of its metrics', async () => {
    const run = await platform.client.tracking.startRun({
      body: { experiment: 'delays', project: flightDelays.name, name: 'first try' },
    });
    const metrics = Array.from({ length: 20 }, (_unused, step) => ({
      name: 'loss',
      value: 1 / (step + 1),
      step,
    }));
    await platform.client.tracking.log({ params: { id: run.id }, body: { params: { depth: 6 }, metrics } });
    await page.getByRole('link', { name: 'Runs', exact: true }).first().click();
    await page.getByRole('link', { name: 'first try' }).click();
    await page.getByRole('img', { name: 'loss: chart with 20 points' }).waitFor();
    await page.locator('[role=img] svg path').first().waitFor({ state: 'attached' });
    await page.getByText('depth').waitFor();
  });

  test('runs that are ticked are compared: curves, coordinates, values and files', async () => {
    for (const [name, depth, loss] of [
      ['shallow', 3, 0.6],
      ['deep', 9, 0.4],
    ] as const) {
      const run = await platform.client.tracking.startRun({ body: { experiment: 'compared', name } });
      const metrics = [0, 1, 2].map((step) => ({ name: 'loss', value: loss / (step + 1), step }));
      await platform.client.tracking.log({
        params: { id: run.id },
        body: { params: { depth, seed: 7 }, metrics },
      });
      const body = (async function* () {
        yield Buffer.from(name);
      })();
      await platform.client.tracking.putArtifact({
        params: { id: run.id },
        query: { path: 'name.txt' },
        body,
      });
    }
    await page.goto(`${platform.url}/#/runs?experiment=compared`);
    await page.getByLabel('Choose shallow to compare').check();
    await page.getByLabel('Choose deep to compare').check();
    await page.getByRole('link', { name: 'Compare 2 runs' }).click();
    await page.getByRole('heading', { name: '2 runs compared' }).waitFor();
    await page.getByRole('img', { name: 'loss: chart with 6 points' }).waitFor();
    await page.getByRole('img', { name: 'Parallel coordinates: chart with 2 points' }).waitFor();
    const values = page.getByRole('table', { name: 'Metrics and parameters' });
    await values.getByText('depth').waitFor();
    assert.equal(await values.getByText('seed').count(), 0);
    await page.getByLabel('Show what is equal too').check({ force: true });
    await values.getByText('seed').waitFor();
    await page.getByRole('table', { name: 'Files that differ' }).getByText('name.txt').waitFor();
    assert.deepEqual(problems, []);
  });

  test('the filter line completes what runs have, and marks a fault before it is sent', async () => {
    await page.goto(`${platform.url}/#/runs?experiment=compared`);
    await page.getByRole('link', { name: 'shallow' }).waitFor();
    const line = page.getByRole('combobox', { name: 'Filter' });
    await line.click();
    await line.pressSequentially('los');
    await page.getByRole('option', { name: 'metrics.loss' }).waitFor();
    await line.press('Tab');
    assert.equal(await line.inputValue(), 'metrics.loss ');
    await line.pressSequentially('> deep');
    await line.press('Enter');
    await page.getByText('At character 16: metrics.loss is compared with a number').waitFor();
    assert.equal(await line.getAttribute('aria-invalid'), 'true');
    assert.ok(!page.url().includes('filter='));

    await line.fill('params.depth = ');
    await page.getByRole('option', { name: "'9'" }).waitFor();
    await line.press('ArrowDown');
    await line.press('Enter');
    assert.equal(await line.inputValue(), "params.depth = '3' ");
    await line.press('Enter');
    await page.getByRole('link', { name: 'deep' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'shallow' }).waitFor();
    assert.match(page.url(), /filter=params\.depth/);
    assert.deepEqual(problems, []);
  });

  test('runs are grouped, and a group opens to its runs', async () => {
    await page.goto(`${platform.url}/#/runs?experiment=compared&group=params.depth`);
    const groups = page.getByRole('table', { name: 'Groups of runs' });
    await groups.getByRole('button', { name: '9' }).click();
    await groups.getByRole('link', { name: 'deep' }).waitFor();
    assert.equal(await groups.getByRole('link', { name: 'shallow' }).count(), 0);
    assert.deepEqual(problems, []);
  });

  test('a view is saved under a name, and shows the same again', async () => {
    await page.goto(`${platform.url}/#/runs?experiment=compared&order=metrics.loss%20desc&column=name`);
    await page.getByRole('link', { name: 'shallow' }).waitFor();
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view…' }).click();
    await page.getByLabel('Name of the view').fill('Worst first');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Worst first' }).waitFor();
    await page.goto(`${platform.url}/#/runs`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Worst first', exact: true }).click();
    await page.getByRole('button', { name: 'Worst first' }).waitFor();
    assert.match(page.url(), /order=metrics\.loss\+desc&column=name/);
    assert.deepEqual(problems, []);
  });

  test('what is said of a run and what it measures is shown at once, and HTML is text', async () => {
    const { tracking } = platform.client;
    const run = await tracking.startRun({ body: { experiment: 'compared', name: 'talked about' } });
    await page.goto(`${platform.url}/#/runs/${run.id}`);
    await page.getByLabel('Your comment').fill('**Good** <img src=x onerror=alert(1)>');
    await page.getByRole('button', { name: 'Comment', exact: true }).click();
    await page.locator('strong', { hasText: 'Good' }).waitFor();
    await page.getByText('<img src=x onerror=alert(1)>').waitFor();
    await page.getByRole('button', { name: 'Edit the note' }).click();
    await page.getByLabel('Note in Markdown').fill('# Why\n\n- because');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Why' }).waitFor();
    const body = { metrics: [{ name: 'fresh', value: 5 }] };
    await tracking.log({ params: { id: run.id }, body });
    await page.getByRole('cell', { name: 'fresh' }).waitFor();
    assert.deepEqual(problems, []);
  });

  test('a run is found by its words, shows what its machine did, and is put back and purged', async () => {
    const { tracking } = platform.client;
    const run = await tracking.startRun({ body: { experiment: 'rewound', name: 'Previsão longa' } });
    const points = [0, 1, 2, 3].map((step) => ({ name: 'loss', value: 1 / (step + 1), step }));
    const machine = [1, 2].map((step) => ({ name: 'system/cpu_utilization_percentage', value: 50, step }));
    const body = { params: { trainer: 'gradient_boosting' }, metrics: [...points, ...machine] };
    await tracking.log({ params: { id: run.id }, body });
    await page.goto(`${platform.url}/#/runs?text=previsao%20boost`);
    await page.getByTitle(/Previsão longa.*gradient_boosting/).waitFor();
    await page.getByRole('link', { name: 'Previsão longa' }).click();
    await page.getByRole('heading', { name: 'System' }).waitFor();
    await page.getByRole('heading', { name: 'Processor (%)' }).waitFor();

    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Rewind…' }).click();
    await page.getByLabel('Last step that stays').fill('1');
    await page.getByText('3 metric points go').waitFor();
    await page.getByText('3 metric points stay').waitFor();
    await page.getByLabel('Take later points out of this run').check();
    await page.getByRole('button', { name: 'Rewind', exact: true }).click();
    await page.getByText('3 points were taken out').waitFor();
    assert.equal((await tracking.getRun({ params: { id: run.id } })).metrics.loss?.step, 1);
    await page.getByRole('link', { name: 'Previsão longa (before rewind)' }).click();
    await page.getByText('Deleted; it can be restored until it is purged.').waitFor();
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Purge…' }).click();
    const plan = page.getByRole('list', { name: 'These go for good' });
    await plan.getByText('1 parameter').waitFor();
    await plan.getByText('6 metric points').waitFor();
    await page.getByLabel('Remove this run for good').check();
    await page.getByRole('button', { name: 'Purge', exact: true }).click();
    await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
    assert.equal((await tracking.countRuns({ query: { experiment: 'rewound', deleted: 'only' } })).runs, 0);
    await tracking.deleteRun({ params: { id: run.id } });
    assert.deepEqual(problems, []);
  });

  test('a run that starts stands in the list by itself, and changes where it stands', async () => {
    const { tracking } = platform.client;
    await page.goto(`${platform.url}/#/runs?experiment=compared&column=name&column=status`);
    await page.getByRole('link', { name: 'shallow' }).waitFor();
    const run = await tracking.startRun({ body: { experiment: 'compared', name: 'newcomer' } });
    const row = page.getByRole('row', { name: /newcomer/ });
    await row.getByText('Running').waitFor();
    await tracking.updateRun({ params: { id: run.id }, body: { status: 'failed' } });
    await row.getByText('Failed').waitFor();
    await tracking.deleteRun({ params: { id: run.id } });
    assert.deepEqual(problems, []);
  });

  test('a trace shows its spans as a tree, and what each was given and gave', async () => {
    await sendSpans(platform, [
      { spanId: 'a'.repeat(16), name: 'answer', from: 0, until: 900 },
      { spanId: 'b'.repeat(16), parentSpanId: 'a'.repeat(16), name: 'search', from: 10, until: 300 },
      {
        spanId: 'c'.repeat(16),
        parentSpanId: 'a'.repeat(16),
        name: 'write',
        from: 310,
        until: 880,
        failed: 'no words',
      },
    ]);
    await page.goto(`${platform.url}/#/traces`);
    await page.getByRole('link', { name: 'answer', exact: true }).click();
    const tree = page.getByRole('list', { name: 'Spans' });
    await tree.getByRole('button', { name: /search/ }).waitFor();
    assert.equal(await tree.getByRole('button').count(), 3);
    await tree.getByRole('button', { name: /write/ }).click();
    await page.getByText('no words').waitFor();
    await page.getByText('"question": "write"').waitFor();
    assert.deepEqual(problems, []);
  });

  test('the addresses that MLflow’s client prints open the right pages', async () => {
    const { items } = await platform.client.tracking.listExperiments({ query: { name: 'compared' } });
    const runs = await platform.client.tracking.searchRuns({ query: { experiment: 'compared' } });
    const [experiment] = items;
    const [run] = runs.items;
    assert.ok(experiment && run);
    const runOfIt = page.getByRole('heading', { name: run.name });
    const listOfThem = page.getByRole('link', { name: 'shallow' });
    for (const [address, shown] of [
      ['', listOfThem],
      [`/runs/${run.id}`, runOfIt],
      ['/overview', listOfThem],
      [`/evaluation-runs?selectedRunUuid=${run.id}`, runOfIt],
      ['/evaluation-runs', listOfThem],
    ] as const) {
      await page.goto(`${platform.url}/#/experiments/${experiment.number}${address}`);
      await shown.waitFor();
    }
    await page.goto(`${platform.url}/#/experiments/0/traces`);
    await page.getByRole('heading', { name: 'Traces' }).waitFor();
    await page.getByRole('link', { name: 'answer', exact: true }).waitFor();
    await page.goto(`${platform.url}/#/experiments/999`);
    await page.getByText('There is no experiment 999').waitFor();
    assert.deepEqual(problems, []);
  });

  test('a filter that the server refuses is explained in its words', async () => {
    await page.goto(`${platform.url}/#/runs?filter=${encodeURIComponent('metrics.loss >')}`);
    const notice = page.getByRole('alert');
    await notice.waitFor();
    assert.match((await notice.textContent()) ?? '', /Instance/);
    await page.goto(`${platform.url}/#/runs?filter=${encodeURIComponent('metrics.loss < 2')}`);
    await page.getByRole('link', { name: 'first try' }).waitFor();
    problems.splice(0);
  });

  test('every room opens on an empty platform without an error', async () => {
    for (const room of roomsInOrder) {
      await page.goto(`${platform.url}/#${room}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      // Several parts of a room load at once; the last one has to be done.
      while ((await page.locator('[role=status]').count()) > 0) await page.waitForTimeout(50);
      assert.equal(await page.getByRole('alert').count(), 0, room);
    }
    assert.deepEqual(problems, []);
  });

  test('the audit log of what was done verifies', async () => {
    await page.goto(`${platform.url}/#/audit`);
    await page.getByRole('button', { name: 'Verify the log' }).click();
    await page.getByText('The log is what was signed').waitFor();
  });

  test('retention is set, a hold is placed, and a dry run says what would be freed', async () => {
    await page.goto(`${platform.url}/#/retention`);
    await page.getByText('Nothing was collected yet').waitFor();
    await page.getByRole('combobox', { name: 'Kind' }).selectOption('runs');
    await page.getByLabel('Days; empty: no limit').fill('90');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByRole('row', { name: /Runs every other 90 days/ }).waitFor();

    await page.getByRole('combobox', { name: 'Kind' }).selectOption('predictions');
    await page.getByLabel('Days; empty: no limit').fill('365');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText('RETENTION_NEEDS_CHANGE').waitFor();
    await page.getByLabel('Why, in 10 characters or more').first().fill('they fill the disk');
    await page.getByRole('button', { name: 'Request the change' }).click();
    await page.getByRole('link', { name: 'The change has been requested' }).waitFor();

    await page.getByLabel('Its name or id').fill(flightDelays.name);
    await page.getByLabel('Why, in 10 characters or more').fill('a letter from the court');
    await page.getByRole('button', { name: 'Place a hold' }).click();
    const hold = page.getByRole('row', { name: /a letter from the court/ });
    await hold.getByText('stands').waitFor();
    assert.equal(await hold.getByRole('button', { name: 'Release' }).count(), 0);

    await page.getByRole('button', { name: 'What would be freed?' }).click();
    await page.getByRole('row', { name: /dry run/ }).waitFor();
    await page.getByText('Would free').waitFor();
    // The refusal that led to the change was answered with the status 409.
    assert.deepEqual(
      problems.splice(0).filter((problem) => !problem.includes('409')),
      [],
    );
  });

  test('the language changes at once and is remembered', async () => {
    await page.goto(`${platform.url}/#/projects`);
    await page.getByRole('combobox', { name: 'Language' }).selectOption('pt-BR');
    await page.getByRole('heading', { name: 'Projetos' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'pt-BR');
    await page.reload();
    await page.getByRole('heading', { name: 'Projetos' }).waitFor();
    await page.getByRole('combobox', { name: 'Idioma' }).selectOption('en');
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
  });

  test('dark colours are really dark', async () => {
    await page.getByRole('button', { name: 'Dark colours' }).click();
    await page.getByRole('button', { name: 'Light colours' }).waitFor();
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const channels = background.match(/\d+/g)?.slice(0, 3).map(Number) ?? [];
    assert.ok(Math.max(...channels) < 60, background);
  });

  test('a page that does not exist says so', async () => {
    await page.goto(`${platform.url}/#/nowhere`);
    await page.getByText('There is no such page').waitFor();
  });

  test('signing out ends the session', async () => {
    await page.goto(`${platform.url}/#/projects`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});

interface SentSpan {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** Milliseconds after the trace began. */
  readonly from: number;
  readonly until: number;
  readonly failed?: string;
}

/** Sends one trace as any OpenTelemetry exporter does. */
async function sendSpans(platform: PlatformProcess, sent: readonly SentSpan[]): Promise<void> {
  const began = Date.now() - 5_000;
  const nano = (ms: number): string => `${began + ms}000000`;
  const spans = sent.map(({ from, until, failed, ...span }) => ({
    ...span,
    traceId: '1'.repeat(32),
    kind: 1,
    startTimeUnixNano: nano(from),
    endTimeUnixNano: nano(until),
    attributes: [
      { key: 'mlflow.spanInputs', value: { stringValue: JSON.stringify({ question: span.name }) } },
    ],
    status: failed === undefined ? { code: 1 } : { code: 2, message: failed },
  }));
  const reply = await fetch(`${platform.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${platform.token}` },
    body: JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'helpdesk' } }] },
          scopeSpans: [{ scope: {}, spans }],
        },
      ],
    }),
  });
  assert.equal(reply.status, 200, await reply.text());
}

const roomsInOrder = [
  '/projects',
  '/datasets',
  '/pipelines',
  '/runs',
  '/models',
  '/endpoints',
  '/monitoring',
  '/traces',
  '/judging',
  '/servers',
  '/changes',
  '/audit',
  '/retention',
  '/users',
];
