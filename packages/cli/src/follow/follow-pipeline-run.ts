import type { EsteiraClient } from '@esteira/sdk';
import type { CommandContext } from '../command-context.ts';
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-code.ts';
import { duration, percent, shortDigest } from '../number-text.ts';
import { facts, paragraphs, table } from '../output.ts';
import { tellWhenInterrupted } from './tell-when-interrupted.ts';

export type PipelineRun = Awaited<ReturnType<EsteiraClient['pipelines']['getRun']>>;
type Step = PipelineRun['graph'][number];

/** Waits until a run has ended: a live line per step on a terminal, one line per change of a step elsewhere. */
export async function followPipelineRun(context: CommandContext, id: string): Promise<PipelineRun> {
  const words = `the run goes on without this command; look at it by: esteira pipelines status ${id}, stop it by: esteira pipelines cancel ${id}`;
  return await tellWhenInterrupted(context, words, () => followToEnd(context, id));
}

async function followToEnd(context: CommandContext, id: string): Promise<PipelineRun> {
  const output = context.output();
  const told = new Map<string, string>();
  for (;;) {
    const run = await context.client().pipelines.getRun({ params: { id } });
    output.live(liveLines(run, context.now()));
    if (!output.isLive) {
      for (const step of run.graph) {
        if (step.status === 'queued' || told.get(step.name) === step.status) continue;
        told.set(step.name, step.status);
        output.progress(`${step.name}: ${step.status}${timeOf(step, context.now())}`);
      }
    }
    if (hasEnded(run)) return run;
    await context.pause(output.isLive ? 250 : 1000);
  }
}

function hasEnded(run: PipelineRun): boolean {
  return run.status !== 'queued' && run.status !== 'running';
}

/** 0 when it succeeded, 3 when a contract refused the data, else 1. */
export function exitCodeOfRun(run: PipelineRun): ExitCode {
  if (run.status === 'succeeded') return exitCodes.ok;
  const codes = run.graph.flatMap((step) => (step.error ? [step.error.code] : []));
  return codes.some((code) => exitCodeOf(code) === exitCodes.refused) ? exitCodes.refused : exitCodes.failed;
}

/** The run with its steps; failed ones say what, why and what to do. */
export function describePipelineRun(run: PipelineRun, now: number): string {
  const steps = table(run.graph, {
    step: (step) => step.name,
    uses: (step) => step.uses,
    status: (step) => step.status,
    time: (step) => timeOf(step, now).trim() || '-',
    outputs: describeOutputs,
  });
  const problems = run.graph.filter((step) => step.error).map(describeProblem);
  const head = facts([
    ['run', run.id],
    ['pipeline', `${run.pipeline} version ${run.specVersion}`],
    ['status', run.status + (run.reason === undefined ? '' : `: ${run.reason}`)],
    ['time', duration((run.finishedAt ?? now) - run.createdAt)],
  ]);
  return paragraphs(head, steps, ...problems);
}

function describeProblem({ name, error }: Step): string {
  return `The step ${name} failed: ${error?.what}\n  why: ${error?.why}\n  do:  ${error?.todo}`;
}

function describeOutputs(step: Step): string {
  return Object.entries(step.outputs)
    .map(([name, value]) => {
      const isReference = typeof value === 'object' && value !== null && 'id' in value && 'digest' in value;
      return isReference ? `${name} ${value.id} ${shortDigest(String(value.digest))}` : name;
    })
    .join(', ');
}

function liveLines(run: PipelineRun, now: number): string[] {
  const width = Math.max(...run.graph.map((step) => step.name.length));
  const lines = run.graph.map((step) => {
    const progress =
      step.progress && step.status === 'running'
        ? ` ${percent(step.progress.share)} ${step.progress.message}`
        : '';
    return `  ${step.name.padEnd(width)}  ${step.status}${timeOf(step, now)}${progress}`;
  });
  // More steps than a screen has lines would scroll: then only those at work are shown.
  const atWork = lines.filter((_line, index) => run.graph[index]?.status === 'running');
  return [
    `${run.pipeline} ${run.id}: ${run.steps.finished} of ${run.steps.total} steps`,
    ...(lines.length > 20 ? atWork : lines),
  ];
}

function timeOf(step: Step, now: number): string {
  return step.startedAt === undefined ? '' : ` ${duration((step.finishedAt ?? now) - step.startedAt)}`;
}
