import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { buildPage } from './build-page.ts';
import { contrastOf, type Rgb } from './contrast.ts';
import { browserFlags, findBrowser, pagePatienceMs } from './find-browser.ts';
import { lookAtPage } from './look-at-page.ts';
import { type PlatformProcess, startPlatform } from './platform-process.ts';

const executablePath = findBrowser(process.env);
/** WCAG 2.2, SC 1.4.3 and 1.4.11. */
const leastContrast = { text: 4.5, 'large text': 3, icon: 3, control: 3 } as const;
const model = {
  kind: 'rule',
  task: 'classification',
  columns: { age: 'number', plan: 'text' },
  rule: { kind: 'table', otherwise: 0.1, rules: [{ when: { age: { atLeast: 60 } }, score: 0.8 }] },
};
/** Through the navigation, and through what stands first on the page. */
const mostTabs = 60;

describe('how the page looks, to every eye and to none', { skip: executablePath === undefined }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-looks-'));
  let platform: PlatformProcess;
  let browser: Browser;
  let context: BrowserContext;
  let addresses: readonly string[] = [];

  before(async () => {
    await buildPage();
    platform = await startPlatform();
    addresses = await fillPlatform(platform, folder);
    browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: browserFlags });
    context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce' });
    context.setDefaultTimeout(pagePatienceMs);
    const page = await context.newPage();
    await page.goto(await platform.signInLink());
    await page.getByRole('heading', { name: 'Projects' }).waitFor();
    await page.close();
  });

  after(async () => {
    await browser?.close();
    await platform?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const look of ['light', 'dark'] as const) {
    test(`every page is read in the ${look} look, and everything in it has a name and a place`, async () => {
      const page = await context.newPage();
      await page.emulateMedia({ colorScheme: look, reducedMotion: 'reduce' });
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 900 });
        for (const address of addresses) {
          await show(page, address);
          const { pairs, faults, overflow } = await page.evaluate(lookAtPage);
          const unread = pairs
            .map((pair) => ({ ...pair, ratio: contrastOf(pair.front, pair.back) }))
            .filter(({ kind, ratio }) => ratio < leastContrast[kind])
            .map(({ kind, ratio, where }) => `${kind} at ${ratio.toFixed(2)}: ${where}`);
          assert.deepEqual([...unread, ...faults], [], `${address} at ${width} px`);
          assert.equal(overflow, 0, `${address} is wider than ${width} px`);
        }
      }
      await page.close();
    });

    test(`whatever has the focus is seen to have it in the ${look} look`, async () => {
      const page = await context.newPage();
      await page.emulateMedia({ colorScheme: look, reducedMotion: 'reduce' });
      for (const address of ['/runs', '/endpoints/churn', '/retention']) {
        await show(page, address);
        for (let tabs = 0; tabs < mostTabs; tabs++) {
          await page.keyboard.press('Tab');
          const focus = await page.evaluate(focusMark);
          if (focus === undefined) continue;
          const { width, colour, ground, where } = focus;
          assert.ok(width >= 2, `${where} of ${address} has an outline of ${width} px`);
          const ratio = contrastOf(colour, ground);
          assert.ok(ratio >= 3, `the outline of ${where} of ${address} is at ${ratio.toFixed(2)}`);
        }
      }
      await page.close();
    });
  }

  test('what moves stands still for those who ask for that', async () => {
    const page = await context.newPage();
    for (const address of addresses) {
      await show(page, address);
      assert.deepEqual(await page.evaluate(endlessAnimations), [], address);
    }
    await page.close();
    // Nor does what stands where something loads.
    const waiting = await context.newPage();
    await waiting.route('**/api/v1/audit**', () => {});
    await waiting.goto(`${platform.url}/#/audit`);
    await waiting.locator('.mantine-Skeleton-root').first().waitFor();
    assert.deepEqual(await waiting.evaluate(endlessAnimations), []);
    await waiting.close();
  });

  test('the language of the page is the one it is in', async () => {
    const portuguese = await browser.newContext({ locale: 'pt-BR' });
    portuguese.setDefaultTimeout(pagePatienceMs);
    const page = await portuguese.newPage();
    await page.goto(await platform.signInLink());
    await page.getByRole('heading', { name: 'Projetos' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'pt-BR');
    await portuguese.close();
  });

  async function show(page: Page, address: string): Promise<void> {
    await page.goto(`${platform.url}/#${address}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    // Several parts of a room load at once; the last one has to be done, and what it draws with the next frame.
    while ((await page.locator('[role=status], .mantine-Skeleton-root').count()) > 0)
      await page.waitForTimeout(50);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  }
});

/** The names of those that run for ever. In the browser. */
function endlessAnimations(): readonly string[] {
  return document
    .getAnimations()
    .filter(({ playState, effect }) => playState === 'running' && effect?.getTiming().iterations === Infinity)
    .map((animation) => (animation instanceof CSSAnimation ? animation.animationName : animation.id));
}

/** The outline of what has the focus, and what is around it; nothing where the page itself has it. In the browser. */
function focusMark(): { width: number; colour: Rgb; ground: Rgb; where: string } | undefined {
  const element = document.activeElement;
  if (element === null || element === document.body || element.id === 'content') return undefined;
  const pixel = new OffscreenCanvas(1, 1).getContext('2d');
  if (!pixel) throw new Error('there is no canvas');
  const layers: string[] = [];
  for (let at = element.parentElement; at !== null; at = at.parentElement)
    layers.unshift(getComputedStyle(at).backgroundColor);
  const style = getComputedStyle(element);
  const isEdge = style.outlineStyle === 'none';
  const width = Number.parseFloat(isEdge ? style.borderRightWidth : style.outlineWidth);
  return {
    width,
    colour: paint([...layers, isEdge ? style.borderRightColor : style.outlineColor]),
    ground: paint(layers),
    where: `${element.tagName} "${element.getAttribute('aria-label') ?? element.textContent?.slice(0, 40)}"`,
  };

  function paint(colours: readonly string[]): Rgb {
    if (!pixel) throw new Error('there is no canvas');
    for (const colour of ['white', ...colours]) {
      pixel.fillStyle = colour;
      pixel.fillRect(0, 0, 1, 1);
    }
    const [red = 0, green = 0, blue = 0] = pixel.getImageData(0, 0, 1, 1).data;
    return [red, green, blue];
  }
}

/** Something of every kind that a small platform has; answers the addresses of its pages. */
async function fillPlatform(platform: PlatformProcess, folder: string): Promise<readonly string[]> {
  const { client, url, token } = platform;
  const path = join(folder, 'rule.json');
  writeFileSync(path, JSON.stringify(model));
  const command = join(import.meta.dirname, '../../cli/bin/esteira');
  const { stderr, status } = spawnSync(command, ['deploy', path, '--name', 'churn', '--json'], {
    env: { PATH: process.env.PATH, HOME: folder, ESTEIRA_URL: url, ESTEIRA_TOKEN: token },
  });
  assert.equal(status, 0, stderr.toString());
  const runs: string[] = [];
  for (const name of ['shallow', 'deep']) {
    const run = await client.tracking.startRun({ body: { experiment: 'sweep', name } });
    const metrics = [0, 1, 2].map((step) => ({ name: 'loss', value: 1 / (step + 1 + runs.length), step }));
    await client.tracking.log({ params: { id: run.id }, body: { params: { depth: runs.length }, metrics } });
    runs.push(run.id);
  }
  const { id: experiment } = await client.tracking.createExperiment({ body: { name: 'support' } });
  const { id: issue } = await client.llm.createIssue({
    body: { experiment, name: 'slow', severity: 'high', rootCauses: ['a query'] },
  });
  const { items: versions } = await client.registry.versions({ params: { name: 'churn' }, query: {} });
  const { items: changes } = await client.governance.changes({ query: {} });
  return [
    ...['/projects', '/projects/churn', '/datasets', '/pipelines', '/models', '/models/churn', '/endpoints'],
    '/endpoints/churn',
    ...[
      '/runs',
      '/runs?group=params.depth',
      `/runs/${runs[0]}`,
      `/runs/compare?run=${runs[0]}&run=${runs[1]}`,
    ],
    ...versions.flatMap(({ id }) => [`/model-versions/${id}`, `/lineage/model-version/${id}`]),
    ...changes.map(({ id }) => `/changes/${id}`),
    ...[
      '/monitoring',
      '/traces',
      '/experiments',
      '/issues',
      `/issues/${issue}`,
      '/prompts',
      '/judging',
      '/servers',
      '/changes',
      '/audit',
      '/retention',
      '/users',
    ],
    ...['/models/none', '/nowhere'],
  ];
}
