import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reference } from '@esteira/contracts';
import { type Chapter, names, type Story } from '../story.ts';

type PipelineRun = Awaited<ReturnType<Story['client']['pipelines']['getRun']>>;

export const runPipeline: Chapter = {
  title: 'Pipeline',
  async tell(story) {
    const { client, console, notes } = story;
    const spec = readFileSync(join(story.folder, 'pipeline.yaml'), 'utf8');
    await client.pipelines.put({ params: { name: names.pipeline }, body: { spec } });
    const first = await followRun(story, {});
    describeSteps(story, first);
    notes.splitId = outputOf(first, 'split', 'split').id;
    notes.trainedModelId = outputOf(first, 'train', 'model').id;
    notes.evaluationId = outputOf(first, 'evaluate', 'evaluation').id;
    notes.modelVersionId = outputOf(first, 'register', 'version').id;
    await describeEvaluation(story, notes.evaluationId);

    const second = await followRun(story, {});
    const cached = second.graph.filter((step) => step.status === 'cached').length;
    console.fact(
      `run again: ${cached} of ${second.graph.length} steps from the cache, ${secondsOf(second)} s`,
    );
    return `${first.graph.length} steps tracked; second run ${cached} cached`;
  },
};

/** Starts a run and shows what goes on until it has ended. Throws with the failed step's own words. */
export async function followRun(story: Story, parameters: PipelineRun['parameters']): Promise<PipelineRun> {
  const { id } = await story.client.pipelines.start({
    params: { name: names.pipeline },
    body: { parameters },
  });
  return await untilRunEnds(story, id);
}

export async function untilRunEnds({ client, console }: Story, id: string): Promise<PipelineRun> {
  for (;;) {
    const run = await client.pipelines.getRun({ params: { id } });
    const running = run.graph.filter((step) => step.status === 'running');
    if (running.length > 0)
      console.live(running.map((step) => `${step.name}: ${step.progress?.message ?? 'running'}`).join('; '));
    if (run.status === 'succeeded') return run;
    if (run.status === 'failed' || run.status === 'cancelled') {
      const failed = run.graph.find((step) => step.status === 'failed');
      throw new Error(
        `the step ${failed?.name} failed: ${failed?.error?.what ?? run.reason}\n  do: ${failed?.error?.todo ?? ''}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** A thing that a step made. */
export function outputOf(run: PipelineRun, step: string, output: string): Reference {
  const value = run.graph.find((candidate) => candidate.name === step)?.outputs[output];
  if (typeof value !== 'object' || value === null || !('id' in value) || !('digest' in value)) {
    throw new Error(`the step ${step} has no output ${output}`);
  }
  return value as Reference;
}

export function describeSteps({ console }: Story, run: PipelineRun): void {
  const rows = run.graph.map((step) => {
    const seconds =
      step.startedAt !== undefined && step.finishedAt !== undefined
        ? ((step.finishedAt - step.startedAt) / 1000).toFixed(1)
        : '';
    const outputs = Object.entries(step.outputs).map(([name, value]) =>
      typeof value === 'object' && value !== null && 'digest' in value
        ? `${name} ${String(value.digest).slice(0, 15)}`
        : name,
    );
    return [step.name, step.status, seconds, outputs.join(', ')];
  });
  console.table(['step', 'status', 'seconds', 'outputs'], rows);
}

export async function describeEvaluation({ client, console }: Story, id: string): Promise<void> {
  const evaluation = await client.evaluation.evaluation({ params: { id } });
  const number = (value: number | null): string => value?.toFixed(4) ?? '-';
  const others = [...evaluation.baselines, ...(evaluation.current ? [evaluation.current] : [])];
  console.fact(
    `test part: ${evaluation.metrics.rows.toLocaleString('en')} rows, ${number(evaluation.metrics.base_rate)} late`,
  );
  console.table(
    ['model', 'ROC-AUC', 'PR-AUC', 'log loss', 'advantage of the new model, 95 % interval'],
    [
      ...others.map((other) => [
        other.name,
        number(other.metrics.roc_auc),
        number(other.metrics.pr_auc),
        number(other.metrics.log_loss),
        `${number(other.difference)} (${number(other.lower)} to ${number(other.upper)}): ${other.verdict}`,
      ]),
      [
        'new model',
        number(evaluation.metrics.roc_auc),
        number(evaluation.metrics.pr_auc),
        number(evaluation.metrics.log_loss),
        '',
      ],
    ],
  );
}

function secondsOf(run: PipelineRun): string {
  return (((run.finishedAt ?? 0) - run.createdAt) / 1000).toFixed(1);
}
