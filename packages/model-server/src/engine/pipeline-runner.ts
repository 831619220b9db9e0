import {
  type ColumnMap,
  columnsOfRule,
  type ModelSignature,
  type PinnedPipeline,
  type PipelineStep,
  readSource,
} from '@esteira/contracts/data-plane';
import { InferenceError, inferenceError, invalidRequest } from '../inference-error.ts';
import { emptyTensor, numberAt, rowWidth, setElement, type Tensor } from '../protocol/tensor.ts';
import { type FeatureBatch, toFeatureBatch } from './feature-batch.ts';
import type { ModelRunner } from './model-runner.ts';
import { presentValue, scoreByRule, writeScores } from './rule.ts';
import { createStepTimes } from './step-times.ts';

/** A model that is a step, loaded. */
export interface StepModel {
  readonly signature: ModelSignature;
  readonly runner: ModelRunner;
}

const noOthers = new Set<string>();

/**
 * Answers with the score of one step, asking of the others those that it needs, each once; steps that need nothing of each
 * other are asked at the same time. Columns go from step to step as they are.
 */
export function createPipelineRunner(
  pipeline: PinnedPipeline,
  signature: ModelSignature,
  models: ReadonlyMap<string, StepModel>,
): ModelRunner {
  const every = [...models.values()].map(({ runner }) => runner);
  const sum = (read: (runner: ModelRunner) => number) => every.reduce((total, one) => total + read(one), 0);

  const times = createStepTimes();

  async function run(
    batch: FeatureBatch,
    endpoint: string,
    timeoutMs: number,
  ): Promise<ReadonlyMap<string, Tensor>> {
    const note = times.of(endpoint);
    const deadline = performance.now() + timeoutMs;
    const made = new Map<string, Promise<ReadonlyMap<string, Tensor>>>();

    function outcome(step: PipelineStep): Promise<ReadonlyMap<string, Tensor>> {
      const known = made.get(step.name);
      if (known !== undefined) return known;
      const making = make(step);
      made.set(step.name, making);
      return making;
    }

    /** The column of a source, under a name. */
    async function column(source: string, name: string): Promise<Tensor> {
      const found = readSource(source, pipeline);
      if (found === undefined) throw new Error(`The pipeline has nothing of the name ${source}.`);
      const tensor =
        'column' in found
          ? batch.feeds.get(found.column)
          : (await outcome(found.step)).get(found.mapped ?? found.step.name);
      if (tensor === undefined) throw new Error(`The pipeline made no ${source}.`);
      return { ...tensor, name };
    }

    async function make(step: PipelineStep): Promise<ReadonlyMap<string, Tensor>> {
      if ('map' in step) {
        const maps = Object.entries(step.map);
        const sources = await Promise.all(maps.map(([name, map]) => column(map.from, name)));
        const began = performance.now();
        const mapped = new Map<string, Tensor>();
        for (const [index, [name, map]] of maps.entries()) {
          const source = sources[index];
          if (source !== undefined) mapped.set(name, applyMap(source, map));
        }
        note(step.name, began);
        return mapped;
      }
      const scores =
        'combine' in step ? await combine(step) : 'rule' in step ? await ruled(step) : await askModel(step);
      return new Map([[step.name, scores]]);
    }

    async function combine(step: Extract<PipelineStep, { combine: string }>): Promise<Tensor> {
      const combined = scoreColumn(step.name, batch.rows);
      const weights = Object.values(step.of).reduce((total, weight) => total + weight, 0);
      const parts = Object.entries(step.of).map(async ([name, weight]) => ({
        weight,
        scores: await column(name, name),
      }));
      const ready = await Promise.all(parts);
      const began = performance.now();
      for (const { weight, scores } of ready) {
        for (let row = 0; row < batch.rows; row++) {
          const score = numberAt(scores, row);
          const voice = step.combine === 'vote' ? Number(score >= 0.5) : score;
          combined.data[row] = (combined.data[row] ?? 0) + (weight / weights) * voice;
        }
      }
      note(step.name, began);
      return combined;
    }

    async function ruled(step: Extract<PipelineStep, { rule: object }>): Promise<Tensor> {
      const names = [...columnsOfRule(step.rule)];
      const read = await Promise.all(names.map((name) => column(step.inputs[name] ?? name, name)));
      const began = performance.now();
      const columns = new Map(read.map((tensor) => [tensor.name, tensor]));
      const scores = scoreColumn(step.name, batch.rows);
      for (let row = 0; row < batch.rows; row++) {
        scores.data[row] = scoreByRule(step.rule, pipeline.task, (name) => {
          const tensor = columns.get(name);
          return tensor && presentValue(tensor, row);
        });
      }
      note(step.name, began);
      return scores;
    }

    async function askModel(step: Extract<PipelineStep, { model: string }>): Promise<Tensor> {
      const { name, inputs, timeoutMs: ownMs = timeoutMs } = step;
      const model = models.get(name);
      if (model === undefined) throw new Error(`The model of the step ${name} is not loaded.`);
      const columns = await Promise.all(
        model.signature.features.map((feature) => column(inputs[feature.name] ?? feature.name, feature.name)),
      );
      const began = performance.now();
      const leftMs = Math.max(1, Math.floor(Math.min(ownMs, deadline - began)));
      try {
        const own = toFeatureBatch(columns, model.signature, noOthers);
        const outputs = await model.runner.run(own, stepOf(endpoint, name), leftMs);
        return scoresOf(name, model.signature, outputs, batch.rows);
      } catch (error) {
        throw byStep(error, endpoint, name);
      } finally {
        note(name, began);
      }
    }

    const scores = await column(pipeline.answer, pipeline.answer);
    return writeScores(signature, batch.rows, (row) => numberAt(scores, row));
  }

  return {
    coldMs: sum((runner) => runner.coldMs),
    engine: 'process',
    run,
    async runAndKill(batch) {
      const [first] = every;
      if (first === undefined) throw new Error('The pipeline has no model that could be ended.');
      return await first.runAndKill(batch);
    },
    waiting: () => sum((runner) => runner.waiting()),
    memoryBytes: () => sum((runner) => runner.memoryBytes()),
    stepTimes: times.read,
    async close() {
      await Promise.all(every.map((runner) => runner.close()));
    },
  };
}

/** How a step of an endpoint is called where it breaks. */
function stepOf(endpoint: string, step: string): string {
  return `${endpoint} (step ${step})`;
}

/** What went wrong, by the name of the step: whoever sees it has not written the pipeline, or has written it long ago. */
function byStep(error: unknown, endpoint: string, step: string): InferenceError {
  if (!(error instanceof InferenceError))
    return inferenceError('MODEL_FAILED', { model: stepOf(endpoint, step) }, error);
  const { problem } = error.details;
  return error.code === 'INVALID_INFERENCE_REQUEST' ? invalidRequest(`${problem} (step ${step})`) : error;
}

function scoresOf(
  step: string,
  { score }: ModelSignature,
  outputs: ReadonlyMap<string, Tensor>,
  rows: number,
): Tensor {
  const tensor = outputs.get(score.output);
  if (tensor === undefined) throw new Error(`The step ${step} gave no output ${score.output}.`);
  const scores = scoreColumn(step, rows);
  for (let row = 0; row < rows; row++) {
    const value = numberAt(tensor, row * rowWidth(tensor) + score.column);
    if (!Number.isFinite(value)) throw new Error(`The score of row ${row} is not finite.`);
    scores.data[row] = value;
  }
  return scores;
}

function scoreColumn(name: string, rows: number) {
  return { name, datatype: 'FP64' as const, shape: [rows, 1], data: new Float64Array(rows) };
}

function applyMap(tensor: Tensor, { scale, offset, whenMissing, values }: ColumnMap): Tensor {
  const rows = tensor.shape[0] ?? 0;
  const asText = tensor.datatype === 'BYTES' && values === undefined;
  const datatype = asText ? ('BYTES' as const) : ('FP64' as const);
  const mapped = emptyTensor({ name: tensor.name, datatype, shape: [rows, 1] }, rows);
  for (let row = 0; row < rows; row++) {
    if (asText) {
      setElement(mapped, row, String(tensor.data[row] ?? '') || String(whenMissing ?? ''));
      continue;
    }
    const number = tensor.datatype === 'BYTES' ? values?.[tensor.data[row] ?? ''] : numberAt(tensor, row);
    const isThere = number !== undefined && Number.isFinite(number);
    setElement(mapped, row, isThere ? scale * number + offset : Number(whenMissing ?? Number.NaN));
  }
  return mapped;
}
