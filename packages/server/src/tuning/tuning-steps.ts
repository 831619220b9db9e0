import { createHash } from 'node:crypto';
import { Reference, SearchSpace, type Trial } from '@esteira/contracts';
import { z } from 'zod';
import type { Datasets, OpenSplit } from '../datasets/index.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { StepKind } from '../kernel/step-kind.ts';
import type { TableEngine } from '../storage/tables/table-engine.ts';
import { declaredFeatures, loadTrainingData } from '../training/index.ts';
import { tuneModel } from './tune-model.ts';
import type { TuningService } from './tuning-service.ts';

const TuneWith = z.strictObject({
  split: Reference,
  label: z.string().min(1),
  features: z.array(z.string()).optional(),
  trainer: z.literal('gradient_boosting'),
  objective: z.enum(['pr_auc', 'roc_auc', 'log_loss', 'brier']),
  trials: z.coerce.number().int().min(1).max(10_000),
  /** About so many rows of each part a trial, spread evenly; all unless given. */
  rows: z.coerce.number().int().min(1).optional(),
  parallel: z.number().int().min(1).max(64).default(2),
  sampler: z.enum(['tpe', 'random']).default('tpe'),
  space: SearchSpace,
  fixed: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])).default({}),
  seed: z.coerce.number().int().default(0),
});

export interface TuningStepDeps {
  readonly tuning: TuningService;
  readonly datasets: Datasets;
  readonly tables: TableEngine;
}

/** The step kind of this room: `tuning.tune`. */
export function createTuningSteps(deps: TuningStepDeps): readonly StepKind[] {
  return [
    {
      kind: 'tuning.tune',
      version: '1',
      summary: 'Searches parameters on the training part, judged on the validation part.',
      with: TuneWith,
      cacheable: true,
      async run(step) {
        const wanted = step.with as z.output<typeof TuneWith>;
        const { workspace } = step.context;
        const direction =
          wanted.objective === 'pr_auc' || wanted.objective === 'roc_auc' ? 'maximize' : 'minimize';
        const study = await deps.tuning.createStudy(
          step.context,
          {
            name: `${step.project}.${step.step}`,
            project: step.project,
            space: wanted.space,
            fixed: wanted.fixed,
            objective: wanted.objective,
            direction,
            sampler: wanted.sampler,
            seed: wanted.seed,
            maxTrials: wanted.trials,
          },
          `${step.pipelineRunId}/${step.step}`,
        );
        const split = await deps.datasets.openSplit(workspace, wanted.split.id);
        step.progress(0, 'loading rows');
        await tuneModel(deps.tuning, step.context, {
          study,
          objective: wanted.objective,
          data: {
            train: await loadPart(deps, split, 'train', wanted),
            validation: await loadPart(deps, split, 'validation', wanted),
          },
          parallel: wanted.parallel,
          signal: step.signal,
          onTrial(trial, done) {
            step.progress(done / wanted.trials, describeTrial(trial, wanted.objective, wanted.trials));
            if (trial.value !== null)
              step.log.metrics({ [`trial.${wanted.objective}`]: trial.value }, trial.number);
          },
        });
        const { trials, best } = await deps.tuning.get(workspace, study.id);
        if (!best) throw esteiraError('STUDY_WITHOUT_RESULT', { id: study.id });
        step.log.params(
          Object.fromEntries(
            Object.entries(best.params).map(([name, value]) => [`best.${name}`, value ?? 'null']),
          ),
        );
        step.log.metrics({ [`best.${wanted.objective}`]: best.value ?? 0, trials: trials.length });
        return {
          study: { type: 'study', id: study.id, digest: digestOfTrials(trials) },
          best: { number: best.number, value: best.value, params: best.params },
        };
      },
    },
  ];
}

async function loadPart(
  deps: TuningStepDeps,
  split: OpenSplit,
  part: 'train' | 'validation',
  wanted: z.output<typeof TuneWith>,
) {
  const rows = split.parts[part];
  if (!rows) {
    throw esteiraError('TRAINING_DATA_UNUSABLE', {
      problem: `the split has no ${part} part; tuning never looks at the test part`,
    });
  }
  const data = await loadTrainingData(deps.tables, {
    from: rows.from,
    columns: split.version.columns,
    features: wanted.features ?? declaredFeatures(split),
    label: wanted.label,
    ...(wanted.rows === undefined ? {} : { sample: { rows: wanted.rows, of: rows.rows } }),
  });
  requireTwoClasses(data.labels, part);
  return data;
}

/** Every objective judges a yes-or-no answer; without this check each trial would fail by itself. */
function requireTwoClasses(labels: Float64Array, part: string): void {
  const classes = new Set(labels);
  if (classes.size === 2) return;
  const problem =
    classes.size === 1
      ? `every row of its ${part} part has the label ${labels[0]}, so there is one class and nothing to tell apart`
      : `its ${part} part has ${classes.size} different labels, but the objective judges two classes`;
  throw esteiraError('TRAINING_DATA_UNUSABLE', { problem });
}

function describeTrial(trial: Trial, objective: string, trials: number): string {
  const outcome = trial.value === null ? `failed: ${trial.error}` : `${objective} ${trial.value.toFixed(4)}`;
  return `trial ${trial.number + 1} of ${trials}: ${outcome}`;
}

function digestOfTrials(trials: readonly Trial[]): string {
  const content = trials.map(({ number, state, params, value }) => ({ number, state, params, value }));
  return `sha256:${createHash('sha256').update(JSON.stringify(content)).digest('hex')}`;
}
