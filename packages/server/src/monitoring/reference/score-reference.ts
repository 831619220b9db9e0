import type { ModelSignature } from '@esteira/contracts';
import type * as Ml from '@esteira/ml';
import type { OnnxTensor } from '@esteira/ml';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');

export interface ScoreRequest {
  readonly onnx: Uint8Array;
  readonly signature: Pick<ModelSignature, 'features' | 'inputs' | 'score'>;
  readonly rows: number;
  readonly numeric: ReadonlyMap<string, Float64Array>;
  readonly text: ReadonlyMap<string, readonly (string | null)[]>;
}

const batchRows = 4096;

/**
 * What the model answers for the rows of the reference: the distribution its predictions are expected to have. Throws when
 * the graph holds an operator that only the serving runtime knows, or the rows lack a feature.
 */
export function scoreReference(request: ScoreRequest): Float64Array {
  const compiled = ml().compileOnnx(ml().readOnnx(request.onnx));
  if ('unsupported' in compiled)
    throw new Error(`the model cannot be evaluated here: ${compiled.unsupported}`);
  const { output, column } = request.signature.score;
  const scores = new Float64Array(request.rows);
  for (let first = 0; first < request.rows; first += batchRows) {
    const count = Math.min(batchRows, request.rows - first);
    const answer = compiled.run(feedsOf(request, first, count))[output];
    if (!answer || (answer.type !== 'float32' && answer.type !== 'float64'))
      throw new Error(`the model has no number called ${output}`);
    const width = answer.data.length / count;
    for (let row = 0; row < count; row++)
      scores[first + row] = answer.data[row * width + column] ?? Number.NaN;
  }
  return scores;
}

function feedsOf(request: ScoreRequest, first: number, count: number): Record<string, OnnxTensor> {
  const feeds: Record<string, OnnxTensor> = {};
  for (const { name: input } of request.signature.inputs) {
    const features = request.signature.features
      .filter((feature) => feature.input === input)
      .sort((a, b) => a.index - b.index);
    const width = features.length;
    const isText = features[0]?.type === 'text';
    const numbers = new Float32Array(isText ? 0 : count * width);
    const texts: string[] = [];
    for (let row = 0; row < count; row++) {
      for (const [position, { name }] of features.entries()) {
        if (isText) texts.push(columnNamed(request.text, name)[first + row] ?? '');
        else numbers[row * width + position] = columnNamed(request.numeric, name)[first + row] ?? Number.NaN;
      }
    }
    feeds[input] = isText
      ? { type: 'string', dims: [count, width], data: texts }
      : { type: 'float32', dims: [count, width], data: numbers };
  }
  return feeds;
}

function columnNamed<T>(columns: ReadonlyMap<string, T>, name: string): T {
  const column = columns.get(name);
  if (!column) throw new Error(`the reference has no column ${name}`);
  return column;
}
