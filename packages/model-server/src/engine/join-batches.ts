import { emptyTensor, rowWidth, type Tensor } from '../protocol/tensor.ts';
import type { FeatureBatch } from './feature-batch.ts';

/** What batches must have in common to be answered as one: names, datatypes and every dimension but the first. */
export function batchShape(batch: FeatureBatch): string {
  let shape = '';
  for (const tensor of batch.feeds.values())
    shape += `${tensor.name} ${tensor.datatype} ${tensor.shape.slice(1).join('x')};`;
  return shape;
}

/** The rows of batches of one shape, one after the other. */
export function joinBatches(batches: readonly FeatureBatch[]): readonly Tensor[] {
  const [first] = batches;
  if (first === undefined) return [];
  if (batches.length === 1) return [...first.feeds.values()].map(withoutText);
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const joined: Tensor[] = [];
  for (const [name, like] of first.feeds) {
    const target = emptyTensor(like, rows);
    let at = 0;
    for (const batch of batches) {
      const part = batch.feeds.get(name);
      if (part === undefined) continue;
      copyElements(part, target, at);
      at += part.data.length;
    }
    joined.push(target);
  }
  return joined;
}

/**
 * The rows from `first` on of each tensor, as tensors of their own. Undefined when the outputs do not have `rows` rows
 * in all: then the model answers batches as wholes, and none may be joined.
 */
export function cutRows(
  outputs: readonly Tensor[],
  rows: number,
  first: number,
  count: number,
): readonly Tensor[] | undefined {
  const cut: Tensor[] = [];
  for (const tensor of outputs) {
    if (tensor.shape[0] !== rows) return undefined;
    const width = rowWidth(tensor);
    const shape = [count, ...tensor.shape.slice(1)];
    // A copy: one caller must not hold the memory of all.
    const data = tensor.data.slice(first * width, (first + count) * width);
    cut.push({ name: tensor.name, shape, datatype: tensor.datatype, data } as Tensor);
  }
  return cut;
}

/** Takes a batch apart into parts of at most `most` rows. */
export function splitBatch(batch: FeatureBatch, most: number): readonly FeatureBatch[] {
  if (batch.rows <= most) return [batch];
  const parts: FeatureBatch[] = [];
  const tensors = [...batch.feeds.values()];
  for (let first = 0; first < batch.rows; first += most) {
    const rows = Math.min(most, batch.rows - first);
    const part = cutRows(tensors, batch.rows, first, rows) ?? [];
    parts.push({ rows, feeds: new Map(part.map((tensor) => [tensor.name, tensor])) });
  }
  return parts;
}

/** How the rows were sent is of no use to a model. */
function withoutText({ rowsAsJson: _, ...tensor }: Tensor): Tensor {
  return tensor;
}

function copyElements(from: Tensor, to: Tensor, at: number): void {
  if (from.datatype === 'BYTES' && to.datatype === 'BYTES') {
    for (let i = 0; i < from.data.length; i++) to.data[at + i] = from.data[i] ?? '';
    return;
  }
  // Equal datatypes have equal arrays, which the compiler cannot see.
  (to.data as Float64Array).set(from.data as Float64Array, at);
}
