import type * as Ml from '@esteira/ml';
import type { OnnxTensor } from '@esteira/ml';
import { loadWhenUsed } from '../kernel/load-when-used.ts';

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');

/** The rows a model is judged on: every column any of the models reads, with the labels. */
export interface ScoredRows {
  readonly rows: number;
  readonly numeric: ReadonlyMap<string, Float64Array | Float32Array>;
  readonly text: ReadonlyMap<string, readonly (string | null)[]>;
}

export interface ModelToScore {
  readonly onnx: Uint8Array;
  readonly features: readonly string[];
  readonly textFeatures: readonly string[];
}

const batchRows = 8192;

/** P(class 1) for every row, by the compiled evaluator of `packages/ml`; batches keep the tensors small. */
export function scoreRows(model: ModelToScore, data: ScoredRows): Float64Array {
  const compiled = ml().compileOnnx(ml().readOnnx(model.onnx));
  if ('unsupported' in compiled) throw new Error(`the model cannot be evaluated: ${compiled.unsupported}`);
  const scores = new Float64Array(data.rows);
  for (let first = 0; first < data.rows; first += batchRows) {
    const count = Math.min(batchRows, data.rows - first);
    const { probabilities } = compiled.run(feedsOf(model, data, first, count));
    if (!probabilities || (probabilities.type !== 'float32' && probabilities.type !== 'float64')) {
      throw new Error('the model has no output called probabilities');
    }
    const classes = probabilities.data.length / count;
    for (let row = 0; row < count; row++)
      scores[first + row] = probabilities.data[row * classes + classes - 1] ?? Number.NaN;
  }
  return scores;
}

function feedsOf(
  model: ModelToScore,
  data: ScoredRows,
  first: number,
  count: number,
): Record<string, OnnxTensor> {
  const feeds: Record<string, OnnxTensor> = {};
  const width = model.features.length;
  if (width > 0) {
    const tensor = new Float32Array(count * width);
    for (const [index, name] of model.features.entries()) {
      const column = data.numeric.get(name);
      if (!column) throw new Error(`the rows have no column ${name}`);
      for (let row = 0; row < count; row++) tensor[row * width + index] = column[first + row] ?? Number.NaN;
    }
    feeds.X = { type: 'float32', dims: [count, width], data: tensor };
  }
  if (model.textFeatures.length > 0) {
    const values: string[] = [];
    for (let row = 0; row < count; row++) {
      for (const name of model.textFeatures) values.push(data.text.get(name)?.[first + row] ?? '');
    }
    feeds.X_text = { type: 'string', dims: [count, model.textFeatures.length], data: values };
  }
  return feeds;
}
