import type { ModelSignature, RulePredictor } from '@esteira/contracts';
import { emptyTensor, numberAt, rowWidth, setElement, type Tensor } from '../protocol/tensor.ts';
import type { FeatureBatch } from './feature-batch.ts';

/**
 * Answers in the shape of the model it stands in for: the score becomes the probability of class 1 (class 0 has the rest,
 * the label is 1 from 0.5 on), or the value of a regression.
 */
export function answerByRule(
  rule: RulePredictor,
  signature: ModelSignature,
  batch: FeatureBatch,
  columns: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  const outputs = new Map<string, Tensor>();
  for (const output of signature.outputs) {
    const shape = output.shape.map((dimension, axis) => (dimension === -1 && axis > 0 ? 1 : dimension));
    outputs.set(output.name, emptyTensor({ ...output, shape }, batch.rows));
  }
  const scoreTensor = outputs.get(signature.score.output);
  const label = signature.label === null ? undefined : outputs.get(signature.label);
  for (let row = 0; row < batch.rows; row++) {
    const score = scoreOf(rule, signature, batch, columns, row);
    if (scoreTensor !== undefined) writeScore(scoreTensor, row, score, signature);
    if (label === undefined) continue;
    const position = score >= 0.5 ? 1 : 0;
    setElement(label, row, signature.classes[position] ?? position);
  }
  return outputs;
}

function writeScore(tensor: Tensor, row: number, score: number, signature: ModelSignature): void {
  const width = rowWidth(tensor);
  const { column } = signature.score;
  setElement(tensor, row * width + column, score);
  if (signature.task === 'classification' && width === 2)
    setElement(tensor, row * width + (1 - column), 1 - score);
}

function scoreOf(
  rule: RulePredictor,
  signature: ModelSignature,
  batch: FeatureBatch,
  columns: ReadonlyMap<string, Tensor>,
  row: number,
): number {
  if (rule.kind === 'constant') return rule.score;
  const value = featureValue(rule.feature, signature, batch, columns, row);
  const score = Number.isFinite(value) ? rule.scale * value + rule.offset : rule.whenMissing;
  return signature.task === 'classification' ? Math.min(1, Math.max(0, score)) : score;
}

/** From the graph's inputs when the model knows the feature, else from the column as sent. */
function featureValue(
  name: string,
  signature: ModelSignature,
  batch: FeatureBatch,
  columns: ReadonlyMap<string, Tensor>,
  row: number,
): number {
  const feature = signature.features.find((candidate) => candidate.name === name);
  const input = feature === undefined ? undefined : batch.feeds.get(feature.input);
  if (feature !== undefined && input !== undefined)
    return numberAt(input, row * rowWidth(input) + feature.index);
  const column = columns.get(name);
  return column === undefined || rowWidth(column) !== 1 ? Number.NaN : numberAt(column, row);
}
