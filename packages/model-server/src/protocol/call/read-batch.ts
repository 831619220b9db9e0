import type { CallTensor, Datatype, ModelSignature } from '@esteira/contracts';
import { invalidRequest } from '../../inference-error.ts';
import type { Tensor } from '../tensor.ts';
import type { CallPlan } from './call-plan.ts';
import type { ConvertOptions } from './convert-value.ts';
import { fillColumns } from './fill-columns.ts';
import { isRecord, tableOfColumns, tableOfRecords } from './table.ts';
import { tensorsOfInputs, tensorsOfRecords } from './tensor-inputs.ts';

/**
 * Reads rows, one element each: an object of the inputs or of the columns of the row, or the row's place in the only input.
 * Throws INVALID_INFERENCE_REQUEST.
 */
export function readInstances(
  plan: CallPlan,
  instances: unknown,
  options: ConvertOptions = {},
): readonly Tensor[] {
  if (!Array.isArray(instances) || instances.length === 0)
    throw invalidRequest('instances is not a list with at least one row');
  const { signature } = plan;
  if (!instances.every(isRecord)) return tensorsOfInputs(signature, onlyTensor(plan), instances, options);
  const tensors = namedTensors(plan, instances[0] ?? {});
  return tensors === undefined
    ? fillColumns(plan, tableOfRecords(instances), options)
    : tensorsOfRecords(signature, tensors, instances, options);
}

/** Reads columns: an object of the inputs or of the columns of the model, or the only input. */
export function readInputs(plan: CallPlan, inputs: unknown, options: ConvertOptions = {}): readonly Tensor[] {
  const { signature } = plan;
  if (!isRecord(inputs)) return tensorsOfInputs(signature, onlyTensor(plan), inputs, options);
  const tensors = namedTensors(plan, inputs);
  return tensors === undefined
    ? fillColumns(plan, tableOfColumns(flatColumns(inputs)), options)
    : tensorsOfInputs(signature, tensors, inputs, options);
}

/** The inputs of the graph as tensors; undefined where the names are those of columns. */
function namedTensors(
  { takes, signature }: CallPlan,
  names: Readonly<Record<string, unknown>>,
): readonly CallTensor[] | undefined {
  const graph = signature.inputs.map((input) => ({
    name: input.name,
    dtype: numpyType(input.datatype),
    shape: input.shape,
    input: input.name,
  }));
  if (takes.kind === 'tensors') {
    const own = takes.tensors.every(({ name, input }) => Object.hasOwn(names, name ?? input));
    return own ? takes.tensors : graph;
  }
  return graph.every(({ name }) => Object.hasOwn(names, name)) ? graph : undefined;
}

function onlyTensor({ signature }: CallPlan): readonly CallTensor[] {
  const [input, second] = signature.inputs;
  if (input === undefined || second !== undefined) {
    throw invalidRequest(
      `the model takes ${signature.inputs.length} inputs by name: ${inputNames(signature)}`,
    );
  }
  return [{ name: null, dtype: numpyType(input.datatype), shape: input.shape, input: input.name }];
}

/** A column may come as rows of one element each. */
export function flatColumns(columns: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [name, values] of Object.entries(columns)) {
    const nested =
      Array.isArray(values) && values.every((value) => Array.isArray(value) && value.length === 1);
    flat[name] = nested ? values.map((value: unknown) => (Array.isArray(value) ? value[0] : value)) : values;
  }
  return flat;
}

function inputNames({ inputs }: ModelSignature): string {
  return inputs.map((input) => input.name).join(', ');
}

function numpyType(datatype: Datatype): string {
  if (datatype === 'BYTES') return 'str';
  if (datatype === 'BOOL') return 'bool';
  return datatype.startsWith('FP') ? 'float64' : 'int64';
}
