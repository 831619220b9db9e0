import type { TensorSignature } from '@esteira/contracts';
import { emptyTensor, rowWidth, setElement, type Tensor } from '../protocol/tensor.ts';

/**
 * What a model gave as what its signature promises: outputs by name, or in order where the model names none, with the
 * promised type. Throws an Error naming the output that is missing or cannot be read as promised.
 */
export function fitOutputs(
  given: readonly Tensor[],
  promised: readonly TensorSignature[],
): readonly Tensor[] {
  return promised.map((output, position) => {
    const inOrder = given.length === promised.length ? given[position] : undefined;
    const tensor = given.find(({ name }) => name === output.name) ?? inOrder;
    if (tensor === undefined) {
      const names = given.map(({ name }) => name || 'one without a name').join(', ');
      throw new Error(`The model gave no output ${output.name}; it gave ${names}.`);
    }
    return fit(tensor, output);
  });
}

function fit(tensor: Tensor, output: TensorSignature): Tensor {
  const rows = tensor.shape[0] ?? 0;
  const shape = output.shape.length === 1 && rowWidth(tensor) === 1 ? [rows] : tensor.shape;
  if (tensor.datatype === output.datatype) return { ...tensor, name: output.name, shape };
  if (tensor.datatype === 'BYTES' || output.datatype === 'BYTES') {
    throw new Error(
      `The output ${output.name} has the type ${tensor.datatype}; the signature says ${output.datatype}.`,
    );
  }
  const fitted = emptyTensor({ name: output.name, datatype: output.datatype, shape }, rows);
  for (let index = 0; index < tensor.data.length; index++) setElement(fitted, index, tensor.data[index] ?? 0);
  return fitted;
}
