import { z } from 'zod';
import { type CallColumn, CallParam, CallSignature, type CallTensor, ColumnType } from './call-signature.ts';
import type { TensorSignature } from './model-signature.ts';

/** A call signature, or why the graph cannot be called by it. */
export type PlacedSignature = { readonly signature: CallSignature } | { readonly problem: string };

/** Column or tensor of MLflow's schema, as `ModelSignature.to_dict()` writes it. */
export const SchemaEntry = z.object({
  type: z.string(),
  name: z.string().optional(),
  required: z.boolean().optional(),
  optional: z.boolean().optional(),
  'tensor-spec': z.object({ dtype: z.string(), shape: z.array(z.number().int().min(-1)).min(1) }).optional(),
  items: z.object({ type: z.string() }).optional(),
});
export type SchemaEntry = z.infer<typeof SchemaEntry>;

const Entries = textOr(z.array(SchemaEntry));
/** `signature` of an MLmodel file: each part a JSON text or its value. */
export const MlflowSignature = z.object({
  inputs: Entries.nullish(),
  outputs: Entries.nullish(),
  params: textOr(z.array(CallParam)).nullish(),
});

/**
 * Places the columns or tensors of an MLflow signature (`signature` of an MLmodel file, or a file of
 * `ModelSignature.to_dict()`, each part a JSON text or its value) in the inputs of a graph. Columns stand by name where the
 * graph has an input for each; else numbers fill one matrix, and texts another, in the order of the signature.
 */
export function placeMlflowSignature(
  document: unknown,
  graph: { readonly inputs: readonly TensorSignature[]; readonly outputs: readonly TensorSignature[] },
  label: string | null,
): PlacedSignature {
  const parsed = MlflowSignature.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problem: `the signature is not in MLflow's form (${issue?.path.join('.')}: ${issue?.message})` };
  }
  const entries = parsed.data.inputs ?? [];
  if (entries.length === 0) return { problem: 'the signature has no inputs' };
  const tensors = entries.filter((entry) => entry.type === 'tensor');
  if (tensors.length > 0 && tensors.length < entries.length)
    return { problem: 'the signature mixes columns and tensors' };
  const takes =
    tensors.length > 0 ? placeTensors(tensors, graph.inputs) : placeColumns(entries, graph.inputs);
  if ('problem' in takes) return takes;
  const gives = chooseOutputs(parsed.data.outputs ?? [], graph.outputs, label);
  return { signature: CallSignature.parse({ takes, params: parsed.data.params ?? [], gives }) };
}

type Takes = CallSignature['takes'] | { readonly problem: string };

function placeTensors(entries: readonly SchemaEntry[], inputs: readonly TensorSignature[]): Takes {
  const tensors: CallTensor[] = [];
  for (const { name, 'tensor-spec': spec } of entries) {
    if (spec === undefined) return { problem: `the tensor ${name ?? ''} has no tensor-spec` };
    const only = entries.length === 1 && inputs.length === 1 ? inputs[0] : undefined;
    const input = inputs.find((candidate) => candidate.name === name) ?? only;
    if (input === undefined)
      return { problem: `the graph has no input for the tensor ${name ?? 'without a name'}` };
    tensors.push({ name: name ?? null, dtype: spec.dtype, shape: spec.shape, input: input.name });
  }
  const unfilled = inputs.find((input) => !tensors.some((tensor) => tensor.input === input.name));
  if (unfilled !== undefined) return { problem: `no tensor fills the input ${unfilled.name}` };
  return { kind: 'tensors', tensors };
}

function placeColumns(entries: readonly SchemaEntry[], inputs: readonly TensorSignature[]): Takes {
  const columns: CallColumn[] = [];
  const taken = new Map<string, number>();
  for (const [position, entry] of entries.entries()) {
    const name = entry.name ?? String(position);
    const type = ColumnType.safeParse(entry.type === 'array' ? entry.items?.type : entry.type);
    if (!type.success)
      return { problem: `the column ${name} has the type ${entry.type}, which no tensor holds` };
    const input = findInput(name, type.data, inputs);
    if (input === undefined) return { problem: `the graph has no one input for the column ${name}` };
    const index = taken.get(input.name) ?? 0;
    const room = rowSize(input.shape);
    const width = entry.type === 'array' ? widthOfList(entries, room) : 1;
    if (width === undefined) return { problem: `how long the lists in the column ${name} are is not known` };
    taken.set(input.name, index + width);
    columns.push({
      name,
      type: type.data,
      required: entry.optional === undefined ? (entry.required ?? true) : !entry.optional,
      input: input.name,
      index,
      ...(entry.type === 'array' ? { width } : {}),
    });
  }
  for (const input of inputs) {
    const room = rowSize(input.shape);
    const filled = taken.get(input.name) ?? 0;
    if (filled === 0) return { problem: `no column fills the input ${input.name}` };
    if (room !== undefined && room !== filled) {
      return {
        problem: `the input ${input.name} has ${room} places in a row, the signature fills ${filled}`,
      };
    }
  }
  return { kind: 'columns', columns };
}

function findInput(
  name: string,
  type: ColumnType,
  inputs: readonly TensorSignature[],
): TensorSignature | undefined {
  const own = inputs.find((input) => input.name === name);
  if (own !== undefined || inputs.length === 1) return own ?? inputs[0];
  const isText = type === 'string' || type === 'binary';
  const fitting = inputs.filter((input) => (input.datatype === 'BYTES') === isText);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Values in a row; undefined where that varies. */
function rowSize(shape: readonly number[]): number | undefined {
  let size = 1;
  for (const dimension of shape.slice(1)) {
    if (dimension === -1) return undefined;
    size *= dimension;
  }
  return size;
}

/** A list has what the other columns leave of a row. */
function widthOfList(entries: readonly SchemaEntry[], room: number | undefined): number | undefined {
  const lists = entries.filter((entry) => entry.type === 'array').length;
  if (room === undefined || lists !== 1) return undefined;
  const width = room - (entries.length - lists);
  return width > 0 ? width : undefined;
}

/**
 * A signature of one output without a name is that of a model whose predict gives one column: the label of a classifier,
 * else the first output of numbers.
 */
function chooseOutputs(
  entries: readonly SchemaEntry[],
  outputs: readonly TensorSignature[],
  label: string | null,
): CallSignature['gives'] {
  const names = outputs.map((output) => output.name);
  const named = entries.flatMap((entry) => (names.includes(entry.name ?? '') ? [entry.name ?? ''] : []));
  if (named.length > 0) return { outputs: named, bare: false };
  const numbers = outputs.find((output) => output.datatype === 'FP32' || output.datatype === 'FP64');
  const one = label ?? numbers?.name;
  if (entries.length === 1 && one !== undefined) return { outputs: [one], bare: true };
  return { outputs: names, bare: false };
}

/** MLflow keeps each part as a JSON text. */
function textOr<T extends z.ZodType>(schema: T) {
  return z.preprocess((value, context) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue('it is not JSON');
      return z.NEVER;
    }
  }, schema);
}
