import type { GraphTensorValues } from '@esteira/model-server';

/** Float32 arithmetic in another order differs in the sixth digit; of numbers below 1, in the fourth behind the point. */
export const tolerance = 1e-4;

/** How far one output of the graph was from that of the original, over all rows. */
export interface ComparedOutput {
  readonly output: string;
  /** Largest |graph − original| / max(1, |original|) of numbers; 0 for classes, which are equal. */
  readonly worst: number;
}

/** One answer that is not the same. */
export interface Difference {
  readonly output: string;
  readonly row: number;
  readonly original: string;
  readonly graph: string;
  /** As of `ComparedOutput`; infinite for another class, or no number. */
  readonly difference: number;
}

/**
 * Compares the answers of two models to the same rows, output by output: classes, texts and whole numbers must be equal, other
 * numbers within `tolerance` of the size of the original's. Returns the worst difference where there is one.
 */
export function compareAnswers(
  original: readonly GraphTensorValues[],
  graph: readonly GraphTensorValues[],
): { readonly compared: readonly ComparedOutput[] } | { readonly differs: Difference } {
  const compared: ComparedOutput[] = [];
  let worst: Difference | undefined;
  for (const given of original) {
    const own = graph.find(({ name }) => name === given.name);
    const found = own === undefined ? missing(given) : compareOutput(given, own);
    compared.push({ output: given.name, worst: found.difference });
    if (found.difference > tolerance && (worst === undefined || found.difference > worst.difference))
      worst = found;
  }
  return worst === undefined ? { compared } : { differs: worst };
}

function compareOutput(original: GraphTensorValues, graph: GraphTensorValues): Difference {
  const { name, data } = original;
  const rows = original.shape[0] ?? 0;
  const width = rows === 0 ? 1 : data.length / rows;
  let worst: Difference = { output: name, row: 0, original: '', graph: '', difference: 0 };
  if (data.length !== graph.data.length)
    return {
      ...worst,
      original: `${data.length} values`,
      graph: `${graph.data.length}`,
      difference: Infinity,
    };
  const isExact = !(original.datatype.startsWith('FP') && graph.datatype.startsWith('FP'));
  for (const [place, value] of data.entries()) {
    const other = graph.data[place];
    const difference = isExact ? mismatch(value, other) : distance(Number(value), Number(other));
    if (!(difference > worst.difference)) continue;
    const row = Math.floor(place / width);
    worst = { output: name, row, original: String(value), graph: String(other), difference };
  }
  return worst;
}

/** Nothing or everything: a class may be a whole number in one and a float or a truth value in the other. */
function mismatch(one: unknown, other: unknown): number {
  const read = typeof one === 'string' || typeof other === 'string' ? String : Number;
  return read(one) === read(other) ? 0 : Infinity;
}

function distance(original: number, graph: number): number {
  const difference = Math.abs(graph - original) / Math.max(1, Math.abs(original));
  return Number.isNaN(difference) ? Infinity : difference;
}

function missing({ name }: GraphTensorValues): Difference {
  return { output: name, row: 0, original: 'an answer', graph: 'none', difference: Infinity };
}
