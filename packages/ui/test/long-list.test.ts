import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildPage } from './build-page.ts';
import { browserFlags, findBrowser, pagePatienceMs } from './find-browser.ts';
import { greatestAt, importRuns, leastAt, nameOf } from './import-runs.ts';
import { type PlatformProcess, startPlatform } from './platform-process.ts';

const executablePath = findBrowser(process.env);
const runs = 25_000;
const experiment = 'sweep';

/** A window of the height of the test, and what is drawn beyond its edges. */
const mostRows = 120;
const rowsWithoutGap = 3_000;

describe('a list of 25,000 runs', { skip: executablePath === undefined }, () => {
  let platform: PlatformProcess;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  /** What kept the page from answering for more than 100 ms: printed, for it says as much of the machine as of the page. */
  const longTasks: string[] = [];

  before(async () => {
    await buildPage();
    platform = await startPlatform();
    await importRuns(platform, experiment, runs);
    browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: browserFlags });
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 460, height: 2400 } });
    context.setDefaultTimeout(pagePatienceMs);
    page = await context.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) problems.push(message.text());
    });
    await page.addInitScript(() => {
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries())
          if (duration > 100) console.info(`long task: ${Math.round(duration)} ms at ${location.hash}`);
      }).observe({ type: 'longtask', buffered: true });
    });
    page.on('console', (message) => {
      if (message.type() === 'info') longTasks.push(message.text());
    });
    await page.goto(await platform.signInLink());
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
  });

  after(async () => {
    for (const task of longTasks) console.error(task);
    await browser?.close();
    await platform?.stop();
  });

  test('is scrolled without a gap, also after leaps to its end, and draws no more than a window of it', async () => {
    await page.goto(`${platform.url}/#/runs?experiment=${experiment}&column=name`);
    await page.getByText('25,000 runs').waitFor();
    await scrollThrough(page);
    assert.ok((await page.locator('.virtual-row').count()) <= mostRows);
    await page.getByRole('link', { name: nameOf(0), exact: true }).waitFor();
    assert.deepEqual(problems, []);
  });

  test('is ordered by the server over all of it, either way', async () => {
    await page.goto(
      `${platform.url}/#/runs?experiment=${experiment}&column=name&column=metrics.score&order=metrics.score%20desc`,
    );
    await rowAt(page, 0, nameOf(greatestAt));
    await page.getByRole('button', { name: 'score ↓' }).click();
    await rowAt(page, 0, nameOf(leastAt));
    assert.match(page.url(), /order=metrics\.score\+asc/);
    // The other end of the list is behind all its pages.
    await page.locator('.virtual-table').evaluate((table) => table.scrollTo({ top: table.scrollHeight }));
    await rowAt(page, runs - 1, nameOf(greatestAt));
    assert.ok((await page.locator('.virtual-row').count()) <= mostRows);
    assert.deepEqual(problems, []);
  });

  test('is narrowed by a filter whose values are completed, and grouped', async () => {
    await page.goto(`${platform.url}/#/runs?experiment=${experiment}&column=name`);
    await page.getByText('25,000 runs').waitFor();
    const line = page.getByRole('combobox', { name: 'Filter' });
    await line.click();
    await line.pressSequentially('params.depth = ');
    await page.getByRole('option', { name: "'6'" }).waitFor();
    await line.pressSequentially("'6'");
    await line.press('Enter');
    await page.getByText('3,571 runs').waitFor();
    await page.goto(`${platform.url}/#/runs?experiment=${experiment}&column=name&group=params.depth`);
    const groups = page.getByRole('table', { name: 'Groups of runs' });
    await groups.getByRole('button', { name: /\b0$/ }).click();
    await groups.getByRole('link', { name: nameOf(24_997), exact: true }).waitFor();
    assert.deepEqual(problems, []);
  });
});

async function rowAt(page: Page, index: number, name: string): Promise<void> {
  await page
    .locator(`.virtual-row[aria-rowindex="${index + 2}"]`)
    .getByRole('link', { name, exact: true })
    .waitFor({ timeout: 120_000 });
}

/**
 * Scrolls a window at a time through the first rows, then by leaps to the end, and looks at every row on the way: each is the
 * run of its place, and of the first none is missing. Rows on their way are waited for.
 */
async function scrollThrough(page: Page): Promise<void> {
  const { rows, most } = await page.evaluate(async (withoutGap) => {
    const table = document.querySelector('.virtual-table');
    if (!table) throw new Error('there is no table');
    const seen = new Map<number, string>();
    let mostDrawn = 0;
    const turn = () => new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
    // Some rows beyond the window are drawn too.
    const oneWindow = table.clientHeight + 16 * 34;
    for (table.scrollTop = 0; ; table.scrollTop += seen.size < withoutGap ? oneWindow : 9 * oneWindow) {
      await turn();
      await turn();
      while (table.querySelector('[data-waiting]')) await turn();
      const drawn = [...table.querySelectorAll('.virtual-row')];
      mostDrawn = Math.max(mostDrawn, drawn.length);
      for (const row of drawn)
        seen.set(Number(row.getAttribute('aria-rowindex')) - 2, row.querySelector('a')?.textContent ?? '');
      if (table.scrollTop + table.clientHeight >= table.scrollHeight - 1) break;
    }
    return { rows: [...seen], most: mostDrawn };
  }, rowsWithoutGap);
  assert.ok(most <= mostRows, `${most} rows were drawn at once`);
  // The youngest run stands first.
  const wrong = rows.filter(([at, name]) => name !== nameOf(runs - 1 - at));
  assert.deepEqual(wrong, []);
  const places = new Set(rows.map(([at]) => at));
  const gaps = Array.from({ length: rowsWithoutGap }, (_, at) => at).filter((at) => !places.has(at));
  assert.deepEqual(gaps, []);
  assert.ok(places.has(runs - 1), 'the end was not reached');
}
