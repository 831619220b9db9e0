import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { browserFlags, findBrowser } from '../../packages/ui/test/find-browser.ts';
import { importRuns } from '../../packages/ui/test/import-runs.ts';
import { type PlatformProcess, startPlatform } from '../../packages/ui/test/platform-process.ts';

/**
 * How long the list of many runs keeps the page from answering: opened, scrolled, leapt through, its columns changed, and
 * looked at while runs at work tell of themselves. Build the page before: npm run build:ui.
 *
 *   npm run bench:screens [-- --runs 25000] [--slower 4]
 *
 * A long task is one of more than 50 ms (W3C, Long Tasks API). `--slower` has the browser's processor run so many times slower.
 * The figures are of use only where nothing else runs meanwhile.
 */
const { values: flags } = parseArgs({
  options: { runs: { type: 'string', default: '25000' }, slower: { type: 'string', default: '1' } },
});
const runs = Number(flags.runs);
const experiment = 'sweep';
const atWork = 30;
const ticks = 20;
const parts = ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration'];

const executablePath = findBrowser(process.env);
if (executablePath === undefined) process.exit(2);
const platform = await startPlatform();
const browser = await chromium.launch({ executablePath, args: browserFlags });
try {
  await importRuns(platform, experiment, runs);
  const working = await startRuns(platform);
  const page = await openPage();
  await measure(page, 'open', async () => {
    await page.goto(`${platform.url}/#/runs?experiment=${experiment}`);
    await page.locator('.virtual-row a').first().waitFor();
    await page.locator('.run-count').waitFor();
  });
  await measure(page, 'scroll', () => turnWheel(page, 100));
  await measure(page, 'leap to the end', () => leap(page));
  await measure(page, 'another order', async () => {
    await page.getByRole('button', { name: 'score' }).first().click();
    await page.locator('.virtual-row a').first().waitFor();
  });
  await measure(page, 'a column more, one less', async () => {
    await page.getByRole('button', { name: 'Columns' }).click();
    for (let times = 0; times < 4; times++)
      await page
        .getByRole('checkbox', { name: /status/i })
        .first()
        .click();
    await page.keyboard.press('Escape');
  });
  await page.goto(`${platform.url}/#/runs?experiment=${experiment}`);
  await page.locator('.virtual-row a').first().waitFor();
  await measure(page, 'a wider column', () => widen(page));
  await measure(page, 'runs at work', () => tell(platform, working));
} finally {
  await browser.close();
  await platform.stop();
}

async function openPage(): Promise<Page> {
  const page = await browser.newPage({ locale: 'en-US', viewport: { width: 1600, height: 1000 } });
  page.setDefaultTimeout(120_000);
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(await platform.signInLink());
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: Number(flags.slower) });
  return page;
}

/** Does something, and prints which tasks of it were long, and what all of it cost the browser's main thread. */
async function measure(page: Page, name: string, act: () => Promise<void>): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  // Time of the processor, so that what else runs counts for less; long tasks are of the clock on the wall.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spentOn = async (): Promise<readonly number[]> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return parts.map((part) => (metrics.find(({ name: found }) => found === part)?.value ?? 0) * 1000);
  };
  await takeLongTasks(page);
  const before = await spentOn();
  await act();
  await pause(500);
  const after = await spentOn();
  const long = await takeLongTasks(page);
  const [all, script, style, layout] = after.map((value, at) => Math.round(value - (before[at] ?? 0)));
  const longest = Math.round(Math.max(0, ...long));
  const beyond = Math.round(long.reduce((sum, duration) => sum + duration - 50, 0));
  console.log(
    `${name.padEnd(26)} long tasks ${String(long.length).padStart(3)}, longest ${String(longest).padStart(4)} ms, beyond 50 ms ${String(beyond).padStart(5)} ms; main thread ${all} ms of processor (script ${script}, style ${style}, layout ${layout})`,
  );
  await devtools.detach();
}

function takeLongTasks(page: Page): Promise<readonly number[]> {
  return page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0));
}

async function turnWheel(page: Page, turns: number): Promise<void> {
  await page.locator('.virtual-table').hover();
  for (let turn = 0; turn < turns; turn++) await page.mouse.wheel(0, 400);
}

async function leap(page: Page): Promise<void> {
  await page.locator('.virtual-table').evaluate(async (table) => {
    const turn = () => new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
    for (let at = 0; at <= 10; at++) {
      table.scrollTop = (table.scrollHeight * at) / 10;
      await turn();
      while (table.querySelector('[data-waiting]')) await turn();
    }
  });
}

/** By the keyboard, which does what dragging does. */
async function widen(page: Page): Promise<void> {
  await page.locator('.virtual-resize').first().focus();
  for (let times = 0; times < 20; times++) await page.keyboard.press('ArrowRight');
}

async function startRuns({ client }: PlatformProcess): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let number = 0; number < atWork; number++) {
    const run = await client.tracking.startRun({ body: { experiment, name: `at work ${number}` } });
    ids.push(run.id);
  }
  return ids;
}

async function tell({ client }: PlatformProcess, ids: readonly string[]): Promise<void> {
  for (let step = 0; step < ticks; step++) {
    for (const id of ids) {
      const metrics = [{ name: 'score', value: step / ticks, step }];
      await client.tracking.log({ params: { id }, body: { metrics } });
    }
    await pause(200);
  }
}
