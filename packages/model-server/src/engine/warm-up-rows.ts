import type { ModelSignature } from '@esteira/contracts';
import { createRandom, type OnnxModel } from '@esteira/ml';
import { emptyTensor, rowWidth, setElement, type Tensor } from '../protocol/tensor.ts';

/**
 * Rows that take a graph down many of its paths: values at, just beside and far from the numbers the graph compares with,
 * its own categories and unknown ones, missing values where the signature allows them. Equal arguments, equal rows.
 */
export function warmUpRows(
  signature: ModelSignature,
  { numbers, texts }: KnownValues,
  rows: number,
): readonly Tensor[] {
  const random = createRandom(7);
  const missingIn = new Map(
    signature.features.map((feature) => [`${feature.input} ${feature.index}`, feature.missing]),
  );

  function drawNumber(): number {
    const kind = random.integer(4);
    const known = numbers[random.integer(Math.max(1, numbers.length))] ?? 0;
    if (kind === 0) return known;
    if (kind === 1) return known + random.normal() * 0.1;
    if (kind === 2) return random.normal() * 10 ** (random.integer(6) - 2);
    return random.integer(5) - 1;
  }

  function drawText(): string {
    if (texts.length === 0 || random.next() < 0.1) return `unknown ${random.integer(3)}`;
    return texts[random.integer(texts.length)] ?? '';
  }

  return signature.inputs.map((input) => {
    const columns = signature.features.filter((feature) => feature.input === input.name).length;
    const shape = input.shape.map((dimension, axis) => (dimension === -1 && axis > 0 ? columns : dimension));
    const tensor = emptyTensor({ name: input.name, datatype: input.datatype, shape }, rows);
    const width = rowWidth(tensor);
    for (let at = 0; at < rows * width; at++) {
      const maybeMissing = missingIn.get(`${input.name} ${at % width}`) === true && random.next() < 0.1;
      if (tensor.datatype === 'BYTES') setElement(tensor, at, maybeMissing ? '' : drawText());
      else if (tensor.datatype.startsWith('FP'))
        setElement(tensor, at, maybeMissing ? Number.NaN : drawNumber());
      else setElement(tensor, at, tensor.datatype === 'BOOL' ? random.integer(2) : Math.round(drawNumber()));
    }
    return tensor;
  });
}

/** Numbers that nodes compare with or subtract, and texts they know; enough of each to find every kind of path. */
export interface KnownValues {
  readonly numbers: readonly number[];
  readonly texts: readonly string[];
}

/** Of a model that cannot be looked into. */
export const noValues: KnownValues = { numbers: [], texts: [] };

export function valuesOf(model: OnnxModel): KnownValues {
  const numbers: number[] = [];
  const texts: string[] = [];
  for (const node of model.graph.nodes) {
    for (const [name, attribute] of node.attributes) {
      if (attribute.kind === 'floats' && /values|offset|cats|keys/.test(name))
        numbers.push(...some(attribute.value));
      if (attribute.kind === 'ints' && /cats|keys/.test(name)) numbers.push(...some(attribute.value));
      if (attribute.kind === 'strings' && /cats|keys|classes/.test(name))
        texts.push(...some(attribute.value));
    }
  }
  return { numbers: numbers.filter(Number.isFinite), texts };
}

const mostValues = 2_000;

function some<T>(values: readonly T[]): readonly T[] {
  const step = Math.max(1, Math.ceil(values.length / mostValues));
  return step === 1 ? values : values.filter((_, index) => index % step === 0);
}
