import {
  type BinnedFeatures,
  binaryClassificationMetrics,
  binFeatures,
  defaultPreprocessing,
  fitPreprocessing,
  predict,
  trainGradientBoosting,
  transform,
} from '@esteira/ml';
import { serveComputeWorker } from '../kernel/serve-compute-worker.ts';
import type { TrainingData } from '../training/index.ts';

export type Objective = 'pr_auc' | 'roc_auc' | 'log_loss' | 'brier';

export interface LoadInput {
  readonly train: TrainingData;
  readonly validation: TrainingData;
}

export interface TrialInput {
  readonly params: Readonly<Record<string, string | number | boolean | null>>;
  readonly objective: Objective;
  readonly seed: number;
}

interface Loaded {
  readonly features: BinnedFeatures;
  readonly labels: Float64Array;
  readonly validation: { readonly features: ReturnType<typeof transform>; readonly labels: Float64Array };
}

// Binned once and kept for every trial of the study: binning costs more than a small trial.
let loaded: Loaded | undefined;

serveComputeWorker({
  load(input) {
    const { train, validation } = input as LoadInput;
    const preprocessing = fitPreprocessing(train.table, defaultPreprocessing(train.table, 'trees'));
    loaded = {
      features: binFeatures(transform(preprocessing, train.table)),
      labels: train.labels,
      validation: { features: transform(preprocessing, validation.table), labels: validation.labels },
    };
    return { result: null };
  },
  trial(input) {
    if (!loaded) throw new Error('load comes before the first trial');
    return { result: runTrial(loaded, input as TrialInput) };
  },
});

function runTrial(data: Loaded, { params, objective, seed }: TrialInput): number {
  const numeric: Record<string, number> = {};
  for (const [name, value] of Object.entries(params)) if (typeof value === 'number') numeric[name] = value;
  const { model } = trainGradientBoosting(
    { features: data.features, labels: data.labels },
    { ...numeric, objective: 'binary', seed },
  );
  const predictions = predict(model, data.validation.features);
  if (predictions.kind === 'regression') throw new Error('a binary objective needs a classifier');
  const positive = Float64Array.from(
    data.validation.labels,
    (_label, row) => predictions.probabilities[2 * row + 1] ?? 0,
  );
  const metrics = binaryClassificationMetrics(data.validation.labels, positive);
  const value = {
    pr_auc: metrics.prAuc,
    roc_auc: metrics.rocAuc,
    log_loss: metrics.logLoss,
    brier: metrics.brier,
  }[objective];
  if (value === null) throw new Error(`${objective} is not defined on the validation part`);
  return value;
}
