import type { Tensor } from '../protocol/tensor.ts';
import { cutRows } from './join-batches.ts';
import type { ModelProcess } from './model-process.ts';

/**
 * Whether answers are those of the oracle: the same tensors, numbers with a fraction within the tolerance (of the number
 * where it exceeds 1).
 */
export function sameAnswers(
  own: ReadonlyMap<string, Tensor>,
  oracle: readonly Tensor[],
  tolerance: number,
): boolean {
  if (own.size !== oracle.length) return false;
  for (const theirs of oracle) {
    const ours = own.get(theirs.name);
    if (ours?.datatype !== theirs.datatype || ours.shape.join() !== theirs.shape.join()) return false;
    const exact = !ours.datatype.startsWith('FP');
    for (let i = 0; i < theirs.data.length; i++) {
      const a = ours.data[i];
      const b = theirs.data[i];
      if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
      if (exact) return false;
      const difference = Math.abs(Number(a) - Number(b));
      if (!(difference <= tolerance * Math.max(1, Math.abs(Number(b))))) return false;
    }
  }
  return true;
}

/** Whether the model answers some rows alone as it did in company. Rejects when it refuses one of them. */
export async function answersRowByRow(
  process: Pick<ModelProcess, 'run'>,
  asked: {
    readonly rows: readonly Tensor[];
    /** Of all rows. */
    readonly together: readonly Tensor[];
    readonly count: number;
    /** The numbers of the rows that are asked alone. */
    readonly alone: readonly number[];
    readonly tolerance: number;
  },
): Promise<boolean> {
  const { rows, together, count, tolerance } = asked;
  for (const row of asked.alone) {
    const one = cutRows(rows, count, row, 1);
    const expected = cutRows(together, count, row, 1);
    if (one === undefined || expected === undefined) return false;
    const { outputs } = await process.run(one);
    if (!sameAnswers(new Map(outputs.map((tensor) => [tensor.name, tensor])), expected, tolerance))
      return false;
  }
  return true;
}
