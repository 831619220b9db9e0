import { ColumnType } from './call-signature.ts';
import { MlflowSignature, type SchemaEntry } from './mlflow-signature.ts';
import type { Datatype, TensorSignature } from './model-signature.ts';

/** What a model without a graph takes and gives, by what MLflow's client wrote of it; or why that does not say it. */
export type MlflowTensors =
  | {
      readonly inputs: readonly TensorSignature[];
      readonly outputs: readonly TensorSignature[];
      /** Columns make one data frame. */
      readonly columns: boolean;
      /** Columns of dates, which are sent as texts. */
      readonly dates: readonly string[];
    }
  | { readonly problem: string };

const ofColumns: Readonly<Record<ColumnType, Datatype>> = {
  boolean: 'BOOL',
  integer: 'INT32',
  long: 'INT64',
  float: 'FP32',
  double: 'FP64',
  string: 'BYTES',
  binary: 'BYTES',
  datetime: 'BYTES',
};

const ofTensors: Readonly<Record<string, Datatype>> = {
  bool: 'BOOL',
  int32: 'INT32',
  int64: 'INT64',
  float32: 'FP32',
  float64: 'FP64',
  object: 'BYTES',
  str: 'BYTES',
};

/** Reads an MLflow signature as tensors: one for each column, or those that it names. */
export function readMlflowTensors(document: unknown): MlflowTensors {
  const parsed = MlflowSignature.safeParse(document);
  if (!parsed.success) return { problem: "the signature is not in MLflow's form" };
  const { inputs, outputs } = parsed.data;
  if (!inputs?.length) return { problem: 'the signature has no inputs' };
  if (!outputs?.length) {
    return {
      problem: 'the signature has no outputs; log the model with infer_signature(inputs, predictions)',
    };
  }
  const taken = inputs.map((entry, position) =>
    toTensor(entry, entry.name ?? nameless(inputs, position, 'input')),
  );
  const given = outputs.map((entry, position) =>
    toTensor(entry, entry.name ?? nameless(outputs, position, 'predictions')),
  );
  const problem = [...taken, ...given].find((tensor) => 'problem' in tensor);
  if (problem !== undefined && 'problem' in problem) return problem;
  return {
    inputs: taken.flatMap((tensor) => ('problem' in tensor ? [] : [tensor])),
    outputs: given.flatMap((tensor) => ('problem' in tensor ? [] : [tensor])),
    columns: inputs.every((entry) => entry.type !== 'tensor'),
    dates: inputs.flatMap(({ type, name }) => (type === 'datetime' && name !== undefined ? [name] : [])),
  };
}

function nameless(entries: readonly SchemaEntry[], position: number, only: string): string {
  return entries.length === 1 ? only : String(position);
}

function toTensor(entry: SchemaEntry, name: string): TensorSignature | { readonly problem: string } {
  const spec = entry['tensor-spec'];
  if (spec !== undefined) {
    const datatype = ofTensors[spec.dtype];
    if (datatype === undefined)
      return { problem: `the tensor ${name} is of ${spec.dtype}, which is not served` };
    if (spec.shape[0] !== -1)
      return {
        problem: `the first dimension of ${name} is ${spec.shape[0]}; it has to vary (-1), as it counts rows`,
      };
    return { name, datatype, shape: spec.shape };
  }
  const type = ColumnType.safeParse(entry.type);
  if (!type.success)
    return { problem: `the column ${name} is of the type ${entry.type}, which no tensor holds` };
  return { name, datatype: ofColumns[type.data], shape: [-1] };
}
