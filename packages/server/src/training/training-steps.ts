import type { TrainedModel } from '@esteira/contracts';
import { Reference } from '@esteira/contracts';
import { z } from 'zod';
import { esteiraError } from '../kernel/errors.ts';
import type { StepKind, StepRun } from '../kernel/step-kind.ts';
import type { TrainingService, TrainRequest } from './training-service.ts';

/** Best parameters of a study; supplied by the tuning room, which stands to the right. */
export type BestParameters = (workspace: string, studyId: string) => Promise<TrainRequest['params']>;

const shared = {
  split: Reference,
  label: z.string().min(1),
  features: z.array(z.string()).optional(),
  seed: z.coerce.number().int().default(0),
};

const BaselineWith = z.strictObject({
  ...shared,
  /** One column used as the score, put on the scale of probabilities by a one-column logistic curve. */
  rule: z.strictObject({ score: z.string().min(1) }).optional(),
  logistic: z.strictObject({ C: z.number().positive().default(1) }).optional(),
});

const TrainWith = z.strictObject({
  ...shared,
  trainer: z.enum(['gradient_boosting', 'logistic_regression']),
  params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])).default({}),
  study: Reference.optional(),
  /** `train-and-validation` once tuning is over: the latest rows are the most like those to come. */
  trainOn: z.enum(['train', 'train-and-validation']).default('train'),
});

/** The step kinds of this room: `training.baseline` and `training.train`. */
export function createTrainingSteps(
  training: TrainingService,
  bestParameters: BestParameters,
): readonly StepKind[] {
  return [
    {
      kind: 'training.baseline',
      version: '1',
      summary: 'Trains what a real model has to beat: a one-column rule and a logistic regression.',
      with: BaselineWith,
      cacheable: true,
      async run(step) {
        const wanted = step.with as z.output<typeof BaselineWith>;
        const common = requestOf(step, wanted);
        const outputs: Record<string, Reference> = {};
        if (wanted.rule) {
          const params = { score: wanted.rule.score };
          const rule = {
            ...common,
            features: [wanted.rule.score],
            kind: 'rule',
            trainer: 'logistic_regression',
            params,
          } as const;
          outputs.rule = await trainAndRefer(training, step, rule);
        }
        if (wanted.logistic) {
          const line = {
            ...common,
            kind: 'logistic_regression',
            trainer: 'logistic_regression',
            params: wanted.logistic,
          } as const;
          outputs.logistic = await trainAndRefer(training, step, line);
        }
        if (Object.keys(outputs).length === 0) {
          throw esteiraError('TRAINING_PARAMETERS_INVALID', {
            problem: 'name at least one baseline: rule or logistic',
          });
        }
        return outputs;
      },
    },
    {
      kind: 'training.train',
      version: '2',
      summary: 'Trains one model, with given parameters or the best ones of a study.',
      with: TrainWith,
      cacheable: true,
      async run(step) {
        const wanted = step.with as z.output<typeof TrainWith>;
        const best = wanted.study ? await bestParameters(step.context.workspace, wanted.study.id) : {};
        const params = { ...best, ...wanted.params };
        return {
          model: await trainAndRefer(training, step, {
            ...requestOf(step, wanted),
            kind: wanted.trainer,
            trainer: wanted.trainer,
            params,
            studyId: wanted.study?.id ?? null,
            withValidation: wanted.trainOn === 'train-and-validation',
          }),
        };
      },
    },
  ];
}

function requestOf(
  step: StepRun,
  wanted: { split: Reference; label: string; features?: string[] | undefined; seed: number },
) {
  return {
    project: step.project,
    runId: step.runId,
    splitId: wanted.split.id,
    label: wanted.label,
    ...(wanted.features ? { features: wanted.features } : {}),
    seed: wanted.seed,
    studyId: null,
    withValidation: false,
  };
}

async function trainAndRefer(
  training: TrainingService,
  step: StepRun,
  request: TrainRequest,
): Promise<Reference> {
  const model = await training.train(step.context, request, step);
  logModel(step, model);
  return { type: 'trained-model', id: model.id, digest: model.digest };
}

function logModel(step: StepRun, { kind, meta }: TrainedModel): void {
  const params: Record<string, string | number | boolean> = {
    [`${kind}.rows`]: meta.trainRows,
    seed: meta.seed,
  };
  for (const [name, value] of Object.entries(meta.params)) params[`${kind}.${name}`] = value ?? 'null';
  step.log.params(params);
  const metrics: Record<string, number> = {};
  for (const [name, value] of Object.entries(meta.validationMetrics)) {
    if (value !== null) metrics[`${kind}.validation.${name}`] = value;
  }
  step.log.metrics(metrics);
}
