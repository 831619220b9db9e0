import { MlflowSignature } from '@esteira/contracts';
import type { ConvertedColumn } from '@esteira/model-server';

/**
 * The columns of an MLflow signature as an estimator takes them. Undefined where the model itself has to say: there is no
 * signature, or one of tensors. Returns why they cannot be inputs of a graph.
 */
export function columnsOfSignature(
  document: unknown,
): readonly ConvertedColumn[] | { readonly problem: string } | undefined {
  if (document === undefined) return undefined;
  const parsed = MlflowSignature.safeParse(document);
  if (!parsed.success) return { problem: "its signature is not in MLflow's form" };
  const entries = parsed.data.inputs ?? [];
  if (entries.length === 0 || entries.every(({ type }) => type === 'tensor')) return undefined;
  const columns: ConvertedColumn[] = [];
  for (const [position, { name = String(position), type }] of entries.entries()) {
    if (!(type in kinds))
      return { problem: `its column ${name} is of the type ${type}, which no graph takes` };
    columns.push({ name, text: type === 'string' });
  }
  return columns;
}

const kinds = { boolean: true, integer: true, long: true, float: true, double: true, string: true };

/** A signature for a model that came without one: numbers, by the names that it says. */
export function signatureOfColumns(columns: readonly ConvertedColumn[]): object {
  return { inputs: columns.map(({ name, text }) => ({ type: text ? 'string' : 'double', name })) };
}
