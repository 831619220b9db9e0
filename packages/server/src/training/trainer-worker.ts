import {
  binaryClassificationMetrics,
  compileOnnx,
  defaultPreprocessing,
  exportOnnx,
  fitPreprocessing,
  type Pipeline,
  predictPipeline,
  readOnnx,
  type Table,
  type TrainedModel,
  trainGradientBoosting,
  trainLogisticRegression,
  transform,
} from '@esteira/ml';
import { serveComputeWorker } from '../kernel/serve-compute-worker.ts';
import type { TrainingData } from './training-data.ts';

export interface FitInput {
  readonly trainer: 'logistic_regression' | 'gradient_boosting';
  readonly task: 'binary' | 'multiclass' | 'regression';
  readonly params: Readonly<Record<string, number | string | boolean | null>>;
  readonly seed: number;
  readonly train: TrainingData;
  readonly validation: TrainingData | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface FitResult {
  readonly onnx: Uint8Array;
  readonly importance: readonly { feature: string; gain: number }[];
  readonly validationMetrics: Readonly<Record<string, number | null>>;
  readonly iterations: number;
  readonly inputs: readonly {
    name: string;
    type: string;
    shape: readonly (number | string | null)[] | null;
  }[];
  readonly outputs: FitResult['inputs'];
  readonly classes: readonly number[];
}

serveComputeWorker({ fit: (input, report) => fit(input as FitInput, report) });

function fit(input: FitInput, report: (share: number, message: string) => void) {
  const style = input.trainer === 'gradient_boosting' ? 'trees' : 'linear';
  const preprocessing = fitPreprocessing(input.train.table, defaultPreprocessing(input.train.table, style));
  const features = transform(preprocessing, input.train.table);
  const trained =
    input.trainer === 'gradient_boosting'
      ? fitTrees(input, features, preprocessing, report)
      : fitLine(input, features);
  const pipeline: Pipeline = { preprocessing, model: trained.model };
  const onnx = exportOnnx(pipeline, { metadata: input.metadata });
  const compiled = compileOnnx(readOnnx(onnx));
  if ('unsupported' in compiled)
    throw new Error(`our own export cannot be read back: ${compiled.unsupported}`);
  const result: FitResult = {
    onnx,
    importance: importanceOf(trained.model, features.names),
    validationMetrics: input.validation ? validate(pipeline, input.validation) : {},
    iterations: trained.iterations,
    inputs: compiled.inputs,
    outputs: compiled.outputs,
    classes: 'classes' in trained.model ? trained.model.classes : [],
  };
  return { result };
}

function fitTrees(
  input: FitInput,
  features: ReturnType<typeof transform>,
  preprocessing: ReturnType<typeof fitPreprocessing>,
  report: (share: number, message: string) => void,
): { model: TrainedModel; iterations: number } {
  const { validation } = input;
  return trainGradientBoosting(
    {
      features,
      labels: input.train.labels,
      ...(validation
        ? { validation: { features: transform(preprocessing, validation.table), labels: validation.labels } }
        : {}),
    },
    {
      ...numbersOf(input.params),
      objective: input.task,
      seed: input.seed,
      onIteration: ({ iteration, iterations, validationLoss }) => {
        if (iteration % 10 !== 0) return;
        const loss = validationLoss === null ? '' : `, validation loss ${validationLoss.toFixed(5)}`;
        report(iteration / iterations, `tree ${iteration} of ${iterations}${loss}`);
      },
    },
  );
}

function fitLine(
  input: FitInput,
  features: ReturnType<typeof transform>,
): { model: TrainedModel; iterations: number } {
  const { C } = numbersOf(input.params);
  return trainLogisticRegression({ features, labels: input.train.labels }, C === undefined ? {} : { C });
}

function numbersOf(params: FitInput['params']): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(params)) if (typeof value === 'number') numbers[name] = value;
  return numbers;
}

function importanceOf(model: TrainedModel, names: readonly string[]): { feature: string; gain: number }[] {
  const gains =
    model.kind === 'gradient_boosting'
      ? model.importance.gain
      : names.map((_name, index) => Math.abs(model.coefficients[index] ?? 0));
  const total = gains.reduce((sum, gain) => sum + gain, 0) || 1;
  return names
    .map((feature, index) => ({ feature, gain: (gains[index] ?? 0) / total }))
    .sort((left, right) => right.gain - left.gain);
}

function validate(
  pipeline: Pipeline,
  validation: { table: Table; labels: Float64Array },
): Record<string, number | null> {
  const predictions = predictPipeline(pipeline, validation.table);
  if (predictions.kind === 'regression' || predictions.classes.length !== 2) return {};
  const positive = Float64Array.from(
    validation.labels,
    (_label, row) => predictions.probabilities[2 * row + 1] ?? 0,
  );
  const { rocAuc, prAuc, logLoss, brier } = binaryClassificationMetrics(validation.labels, positive);
  return { roc_auc: rocAuc, pr_auc: prAuc, log_loss: logLoss, brier };
}
