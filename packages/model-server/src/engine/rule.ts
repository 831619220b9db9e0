import type { ModelSignature, RuleCondition, RulePredictor } from '@esteira/contracts';
import { emptyTensor, numberAt, rowWidth, setElement, type Tensor } from '../protocol/tensor.ts';
import type { FeatureBatch } from './feature-batch.ts';

/** Answers in the shape of the model it stands in for. */
export function answerByRule(
  rule: RulePredictor,
  signature: ModelSignature,
  batch: FeatureBatch,
  columns: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  return writeScores(signature, batch.rows, (row) =>
    scoreByRule(rule, signature.task, (name) => columnValue(name, signature, batch, columns, row)),
  );
}

/**
 * Scores as the outputs that a signature promises: the probability of class 1 (class 0 has the rest, the label is 1 from 0.5
 * on), or the value of a regression.
 */
export function writeScores(
  signature: ModelSignature,
  rows: number,
  scoreOf: (row: number) => number,
): ReadonlyMap<string, Tensor> {
  const outputs = new Map<string, Tensor>();
  for (const output of signature.outputs) {
    const shape = output.shape.map((dimension, axis) => (dimension === -1 && axis > 0 ? 1 : dimension));
    outputs.set(output.name, emptyTensor({ ...output, shape }, rows));
  }
  const scoreTensor = outputs.get(signature.score.output);
  const label = signature.label === null ? undefined : outputs.get(signature.label);
  for (let row = 0; row < rows; row++) {
    const score = scoreOf(row);
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

/** The score of one row, whose values are read by the names of their columns; undefined is missing. */
export function scoreByRule(
  rule: RulePredictor,
  task: ModelSignature['task'],
  readValue: (name: string) => number | string | undefined,
): number {
  if (rule.kind === 'constant') return rule.score;
  if (rule.kind === 'table') {
    for (const { when, score } of rule.rules)
      if (Object.entries(when).every(([name, condition]) => holds(condition, readValue(name)))) return score;
    return rule.otherwise;
  }
  const value = readValue(rule.feature);
  const score = typeof value === 'number' ? rule.scale * value + rule.offset : rule.whenMissing;
  return task === 'classification' ? Math.min(1, Math.max(0, score)) : score;
}

function holds(condition: RuleCondition, value: number | string | undefined): boolean {
  const { above, atLeast, below, atMost, oneOf, missing } = condition;
  if (missing !== undefined && missing !== (value === undefined)) return false;
  if (oneOf !== undefined && (value === undefined || !oneOf.includes(value))) return false;
  if ((above ?? atLeast ?? below ?? atMost) === undefined) return true;
  return (
    typeof value === 'number' &&
    (above === undefined || value > above) &&
    (atLeast === undefined || value >= atLeast) &&
    (below === undefined || value < below) &&
    (atMost === undefined || value <= atMost)
  );
}

/** From the inputs when the signature knows the column, else from the column as sent; undefined where it is missing. */
function columnValue(
  name: string,
  signature: ModelSignature,
  batch: FeatureBatch,
  columns: ReadonlyMap<string, Tensor>,
  row: number,
): number | string | undefined {
  const feature = signature.features.find((candidate) => candidate.name === name);
  const input = feature === undefined ? undefined : batch.feeds.get(feature.input);
  if (feature !== undefined && input !== undefined)
    return presentValue(input, row * rowWidth(input) + feature.index);
  const column = columns.get(name);
  return column === undefined || rowWidth(column) !== 1 ? undefined : presentValue(column, row);
}

/** A value, unless it is missing. */
export function presentValue(tensor: Tensor, index: number): number | string | undefined {
  if (tensor.datatype === 'BYTES') return tensor.data[index] || undefined;
  const value = numberAt(tensor, index);
  return Number.isFinite(value) ? value : undefined;
}
