import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@esteira/sdk';
import { defineFeatures } from '../../examples/flight-delays/src/chapters/define-features.ts';
import { ingestData, landMonths } from '../../examples/flight-delays/src/chapters/ingest-data.ts';
import { openProject } from '../../examples/flight-delays/src/chapters/open-project.ts';
import {
  describeSteps,
  followRun,
  outputOf,
} from '../../examples/flight-delays/src/chapters/run-pipeline.ts';
import { createConsole } from '../../examples/flight-delays/src/console.ts';
import { startEsteira } from '../../examples/flight-delays/src/esteira-process.ts';
import { openFlightFiles } from '../../examples/flight-delays/src/flight-files.ts';
import type { Story } from '../../examples/flight-delays/src/story.ts';

/**
 * How good the flight model is: trained on 200,000 flights of 15 January to 14 March, judged on all flights of 15 March to
 * 30 April, through the platform's own pipeline. Prints each figure with its ratio to what has to be reached.
 */
const targets = {
  rule: { roc_auc: 0.621, pr_auc: 0.267 },
  logistic: { roc_auc: 0.72, pr_auc: 0.415 },
  model: { roc_auc: 0.752, pr_auc: 0.478 },
} as const;

const root = resolve(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'flight-bench-'));
const server = await startEsteira({
  root,
  dataDirectory: join(scratch, 'data'),
  ports: { control: 0, serving: 0, grpc: 0 },
});
try {
  await measure();
} finally {
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const client = createClient({ url: server.url, token: server.token });
  const flights = openFlightFiles(join(scratch, 'files'));
  const folder = join(root, 'examples/flight-delays');
  const story: Story = {
    server,
    client,
    reviewer: client,
    flights,
    console: createConsole(process.stdout),
    folder,
    now: () => Date.now(),
    notes: {},
  };
  for (const chapter of [openProject, ingestData, defineFeatures]) await chapter.tell(story);
  await landMonths(story, [4]);
  await client.pipelines.put({
    params: { name: 'flight-delays' },
    body: { spec: readFileSync(join(folder, 'pipeline.yaml'), 'utf8') },
  });
  const run = await followRun(story, { testUntil: '2001-05-01', testRows: 1_000_000 });
  describeSteps(story, run);
  const evaluation = await client.evaluation.evaluation({
    params: { id: outputOf(run, 'evaluate', 'evaluation').id },
  });
  const measured = {
    rule: evaluation.baselines.find((baseline) => baseline.name === 'rule')?.metrics,
    logistic: evaluation.baselines.find((baseline) => baseline.name === 'logistic')?.metrics,
    model: evaluation.metrics,
  };
  const lines = (['rule', 'logistic', 'model'] as const).flatMap((name) =>
    (['roc_auc', 'pr_auc'] as const).map((metric) => {
      const value = measured[name]?.[metric] ?? Number.NaN;
      const target = targets[name][metric];
      return { name, metric, value, target, ratio: value / target };
    }),
  );
  story.console.table(
    ['model', 'metric', 'measured', 'to reach', 'ratio'],
    lines.map(({ name, metric, value, target, ratio }) => [
      name,
      metric,
      value.toFixed(4),
      target.toFixed(3),
      ratio.toFixed(4),
    ]),
  );
  const result = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`,
    testRows: evaluation.metrics.rows,
    lines,
  };
  writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(result, null, 2)}\n`);
}
