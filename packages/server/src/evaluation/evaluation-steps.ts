import { type Evaluation, Reference } from '@esteira/contracts';
import { z } from 'zod';
import type { StepKind, StepRun } from '../kernel/step-kind.ts';
import type { EvaluationService } from './evaluation-service.ts';

const EvaluateWith = z.strictObject({
  project: z.string().optional(),
  split: Reference,
  part: z.enum(['train', 'validation', 'test']).default('test'),
  label: z.string().min(1),
  model: Reference,
  baselines: z.record(z.string(), Reference),
  /** The trained model that is live: a challenger is compared with it on the same rows. */
  current: Reference.nullable().default(null),
  slices: z.array(z.string()).default([]),
  threshold: z.number().min(0).max(1).default(0.5),
  alpha: z.number().positive().max(0.5).default(0.05),
  resamples: z.number().int().min(100).max(100_000).default(500),
  seed: z.coerce.number().int().default(0),
});

/** The step kind of this room: `evaluation.evaluate`. */
export function createEvaluationSteps(evaluation: EvaluationService): readonly StepKind[] {
  return [
    {
      kind: 'evaluation.evaluate',
      version: '1',
      summary: 'Judges a model against its baselines, and the live model, on the same rows.',
      with: EvaluateWith,
      cacheable: true,
      async run(step) {
        const wanted = step.with as z.output<typeof EvaluateWith>;
        const baselines: Record<string, string> = {};
        for (const [name, reference] of Object.entries(wanted.baselines)) baselines[name] = reference.id;
        const report = await evaluation.evaluate(
          step.context,
          {
            project: wanted.project ?? step.project,
            runId: step.runId,
            splitId: wanted.split.id,
            part: wanted.part,
            label: wanted.label,
            modelId: wanted.model.id,
            baselines,
            currentId: wanted.current?.id ?? null,
            slices: wanted.slices,
            threshold: wanted.threshold,
            seed: wanted.seed,
            alpha: wanted.alpha,
            resamples: wanted.resamples,
          },
          step,
        );
        logEvaluation(step, report);
        return { evaluation: { type: 'evaluation', id: report.id, digest: report.digest } };
      },
    },
  ];
}

function logEvaluation(step: StepRun, report: Evaluation): void {
  const metrics: Record<string, number> = {};
  const add = (prefix: string, values: Readonly<Record<string, number | null>>): void => {
    for (const [name, value] of Object.entries(values))
      if (value !== null) metrics[`${prefix}${name}`] = value;
  };
  add('', report.metrics);
  for (const { name, difference, lower, upper, metrics: theirs } of [
    ...report.baselines,
    ...(report.current ? [report.current] : []),
  ]) {
    add(`${name}.`, { roc_auc: theirs.roc_auc, pr_auc: theirs.pr_auc, difference, lower, upper });
  }
  step.log.metrics(metrics);
}
