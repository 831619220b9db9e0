import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createClient } from '@esteira/sdk';
import { defineFeatures } from './src/chapters/define-features.ts';
import { ingestData } from './src/chapters/ingest-data.ts';
import { monitorAndRetrain } from './src/chapters/monitor-and-retrain.ts';
import { openProject } from './src/chapters/open-project.ts';
import { passGates } from './src/chapters/pass-gates.ts';
import { promoteModel } from './src/chapters/promote-model.ts';
import { rollBack } from './src/chapters/roll-back.ts';
import { runPipeline } from './src/chapters/run-pipeline.ts';
import { createConsole } from './src/console.ts';
import { startEsteira } from './src/esteira-process.ts';
import { openFlightFiles } from './src/flight-files.ts';
import { addReviewer } from './src/reviewer.ts';
import type { Chapter, Story } from './src/story.ts';

/** The whole life of a model through the public API, as a user's own script would do it. */
const { values: flags } = parseArgs({
  options: {
    exit: { type: 'boolean', default: false },
    'data-dir': { type: 'string' },
    port: { type: 'string', default: '7700' },
    'serving-port': { type: 'string', default: '7710' },
    'serving-grpc-port': { type: 'string', default: '7711' },
  },
});

const chapters: readonly Chapter[] = [
  openProject,
  ingestData,
  defineFeatures,
  runPipeline,
  passGates,
  promoteModel,
  monitorAndRetrain,
  rollBack,
];

const root = resolve(import.meta.dirname, '../..');
const console_ = createConsole(process.stdout);
const scratch = mkdtempSync(join(tmpdir(), 'flight-delays-'));
const began = performance.now();
const server = await startEsteira({
  root,
  dataDirectory: resolve(flags['data-dir'] ?? join(root, '.esteira/demo')),
  ports: {
    control: Number(flags.port),
    serving: Number(flags['serving-port']),
    grpc: Number(flags['serving-grpc-port']),
  },
});
const flights = openFlightFiles(scratch);
process.once('SIGINT', () => void end(130));
process.once('SIGTERM', () => void end(143));

try {
  await tellStory();
  if (flags.exit) await end(0);
} catch (error) {
  process.stderr.write(
    `\nThe demo stopped: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  await end(1);
}

async function tellStory(): Promise<void> {
  const client = createClient({ url: server.url, token: server.token });
  const story: Story = {
    server,
    client,
    reviewer: await addReviewer(client, server.url),
    flights,
    console: console_,
    folder: import.meta.dirname,
    now: () => Date.now(),
    notes: {},
  };
  const lines: string[][] = [];
  for (const [index, chapter] of chapters.entries()) {
    const start = performance.now();
    console_.chapter(`${index + 1}. ${chapter.title}`);
    const verdict = await chapter.tell(story);
    lines.push([chapter.title, ((performance.now() - start) / 1000).toFixed(1), verdict]);
  }
  await closingWords(story, lines);
}

async function closingWords(story: Story, lines: readonly string[][]): Promise<void> {
  console_.chapter('The whole life');
  console_.table(['chapter', 'seconds', 'verdict'], lines);
  const audit = await story.client.governance.verifyAudit();
  console_.fact(
    `audit log: ${audit.size} entries, ${audit.ok ? 'verified against its signed heads' : 'DAMAGED'}`,
  );
  const memory = server.peakMemory();
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console_.fact(
    `in all ${seconds} s${memory === undefined ? '' : `, ${(memory / 1e9).toFixed(2)} GB at most`}`,
  );
  if (!audit.ok) throw new Error('the audit log does not verify');
  if (flags.exit) return;
  const me = await story.client.governance.me();
  const link = await story.client.governance.createSignInLink({ body: { userId: me.id } });
  console_.fact(
    `Look around: ${server.url}/${link.path.replace(/^\//, '')} (valid once, for 15 minutes). Ctrl-C ends the server.`,
  );
}

async function end(code: number): Promise<never> {
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
  process.exit(code);
}
