import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createClient } from '@esteira/sdk';

/**
 * Runs found by their words among 25,000, on a server that is running and empty:
 *
 *   node bench/tracking/text-search.ts --url http://… --token … --engine sqlite [--runs 25000]
 *
 * Each run has ten parameters and four tags. Prints the median and the slowest of 50 searches in ms, and keeps them in
 * results/. Ends with 1 when the median of a page is above the limit: what people feel as at once.
 */
const { values: flags } = parseArgs({
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    engine: { type: 'string', default: 'sqlite' },
    runs: { type: 'string', default: '25000' },
  },
});
const { url, token } = flags;
if (url === undefined || token === undefined) throw new Error('name the server with --url and --token');
const client = createClient({ url, token });
const total = Number(flags.runs);
const atOnce = 500;
const timesEach = 50;
const limitMs = 100;
const trainers = ['gradient_boosting', 'logistic_regression', 'resnet50', 'árvore'];

await makeRuns();
const begun = performance.now();
await client.tracking.countRuns({ query: { text: 'first' } });
const caughtUp = performance.now() - begun;
const rows = [];
for (const [name, text] of [
  ['one run of all', `"seed ${total - 7}"`],
  ['a quarter of them', 'arvore'],
  ['two words', 'resnet batch_size=64'],
  ['none', 'nothingofthekind'],
] as const) {
  const page = await measure(() => client.tracking.searchRuns({ query: { text, limit: 50, columns: '' } }));
  const count = await measure(() => client.tracking.countRuns({ query: { text } }));
  rows.push({ name, text, page, count, limitMs, met: page.median <= limitMs });
}
console.table(
  Object.fromEntries(
    rows.map(({ name, page, count, met }) => [
      name,
      {
        'page p50': page.median,
        limit: `≤ ${limitMs}`,
        met,
        'page max': page.slowest,
        'count p50': count.median,
      },
    ]),
  ),
);
console.log(`the words of ${total} runs were taken over in ${Math.round(caughtUp)} ms or less`);
const date = new Date().toISOString();
const path = join(import.meta.dirname, `results/${date.slice(0, 10)}-text-search-${flags.engine}.json`);
writeFileSync(
  path,
  `${JSON.stringify({ date, node: process.version, runs: total, caughtUp, rows }, null, 2)}\n`,
);
console.log(`kept in ${path}`);
if (rows.some(({ met }) => !met)) process.exitCode = 1;

async function makeRuns(): Promise<void> {
  const experiment = await client.tracking.createExperiment({ body: { name: `words ${Date.now()}` } });
  for (let start = 0; start < total; start += atOnce) {
    const items = Array.from({ length: Math.min(atOnce, total - start) }, (_, index) => {
      const place = start + index;
      const params: [string, string][] = [
        ['trainer', trainers[place % trainers.length] ?? ''],
        ['seed', String(place)],
        ['batch_size', String(2 ** (4 + (place % 5)))],
        ...Array.from({ length: 7 }, (_, each): [string, string] => [
          `option_${each}`,
          `value ${(place * 31 + each) % 997}`,
        ]),
      ];
      const tags: [string, string][] = [
        ['mlflow.source.name', `/home/team/projects/delays/train_${place % 40}.py`],
        ['mlflow.user', `user${place % 12}`],
        ['mlflow.runName', `run ${place}`],
        ['team', place % 2 === 0 ? 'São Paulo' : 'Lisboa'],
      ];
      return {
        id: `run_words_${place}`,
        experimentId: experiment.id,
        name: `run ${place}`,
        status: 'succeeded' as const,
        startedAt: 1_700_000_000_000 + place,
        params,
        tags,
      };
    });
    await client.imports.runs({ body: { items } });
  }
}

async function measure(ask: () => Promise<unknown>): Promise<{ median: number; slowest: number }> {
  const times: number[] = [];
  for (let time = 0; time < timesEach; time++) {
    const from = performance.now();
    await ask();
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  return { median: round(times[timesEach / 2] ?? 0), slowest: round(times.at(-1) ?? 0) };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
