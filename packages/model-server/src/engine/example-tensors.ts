import type { ModelSignature } from '@esteira/contracts';
import { emptyTensor, rowWidth, setElement, type Tensor } from '../protocol/tensor.ts';

/** The graph inputs of rows given as values by feature; null is a missing value (NaN, or an empty text). */
export function exampleTensors(
  signature: ModelSignature,
  rows: readonly ReadonlyMap<string, number | string | null>[],
): readonly Tensor[] {
  const tensors: Tensor[] = [];
  for (const input of signature.inputs) {
    const features = signature.features.filter((feature) => feature.input === input.name);
    const shape = input.shape.map((dimension, axis) =>
      axis > 0 && dimension === -1 ? features.length : dimension,
    );
    const tensor = emptyTensor({ name: input.name, datatype: input.datatype, shape }, rows.length);
    const width = rowWidth(tensor);
    for (const [row, values] of rows.entries()) {
      for (const feature of features) {
        const value = values.get(feature.name) ?? null;
        const wide = tensor.datatype === 'INT64' || tensor.datatype === 'UINT64';
        const missing = feature.type === 'text' ? '' : wide ? 0 : Number.NaN;
        setElement(tensor, row * width + feature.index, value ?? missing);
      }
    }
    tensors.push(tensor);
  }
  return tensors;
}
