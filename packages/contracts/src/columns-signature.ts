import type { RuleModel } from './model-description.ts';
import type { ModelSignature } from './model-signature.ts';

/** Each column is an input of its own; what is missing is for whoever reads it to judge. */
export function signatureOfColumns({ task, columns }: Pick<RuleModel, 'task' | 'columns'>): ModelSignature {
  const named = Object.entries(columns);
  const inputs = named.map(([name, type]) => ({
    name,
    datatype: type === 'text' ? ('BYTES' as const) : ('FP64' as const),
    shape: [-1, 1],
  }));
  const features = named.map(([name, type]) => ({ name, type, input: name, index: 0, missing: true }));
  const answers =
    task === 'classification'
      ? {
          outputs: [
            { name: 'label', datatype: 'INT64' as const, shape: [-1] },
            { name: 'probabilities', datatype: 'FP64' as const, shape: [-1, 2] },
          ],
          label: 'label',
          score: { output: 'probabilities', column: 1 },
          classes: [0, 1],
        }
      : {
          outputs: [{ name: 'prediction', datatype: 'FP64' as const, shape: [-1, 1] }],
          label: null,
          score: { output: 'prediction', column: 0 },
          classes: [],
        };
  return { task, inputs, features, operators: [], ...answers };
}
