import type { ModelExamples, ModelSignature } from '@esteira/contracts';
import type * as Ml from '@esteira/ml';
import type * as ModelServer from '@esteira/model-server';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import { exampleRow, scoresOf } from '../check-graph.ts';
import { deriveGraphSignature } from '../derive-signature.ts';

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');
const modelServer = loadWhenUsed<typeof ModelServer>('@esteira/model-server');

/** A graph that runs, what it takes and gives, and what it answers to rows that were made up. */
export interface InspectedBytes {
  readonly signature: ModelSignature;
  readonly examples: ModelExamples;
}

const inspectionMs = 60_000;
const exampleRows = 8;

/**
 * Reads a graph without external data or foreign operators, loads it in a process of its own that can be ended, and asks it
 * about rows that are made up: whole numbers between 0 and 2 or fractions around 0. Each feature is left out once to see
 * whether the model can do without. Returns why it cannot be served. `mlflowSignature`: what MLflow's client says of it; undefined: nothing.
 */
export async function inspectGraphBytes(
  bytes: Uint8Array,
  mlflowSignature: unknown,
): Promise<InspectedBytes | { readonly problem: string }> {
  const derived = derive(bytes, mlflowSignature);
  if ('problem' in derived) return derived;
  const { signature } = derived;
  const asked = await askFirst(bytes, signature, [madeUpRows(signature), zeroRows(signature)]);
  if ('problem' in asked) return asked;
  const { examples } = asked;
  const first = exampleRow(examples, 0);
  const without = signature.features.map((feature) => new Map([...first, [feature.name, null]]));
  const features = [...signature.features];
  const tried = await ask(bytes, signature, without);
  const scores = 'problem' in tried ? [] : tried.scores;
  for (const [index, feature] of features.entries())
    features[index] = { ...feature, missing: Number.isFinite(scores[index] ?? Number.NaN) };
  return { signature: { ...signature, features }, examples };
}

function derive(bytes: Uint8Array, mlflowSignature: unknown) {
  try {
    return deriveGraphSignature(ml().readOnnx(bytes), mlflowSignature);
  } catch (error) {
    if (error instanceof ml().MlInputError)
      return { problem: `its bytes are not a whole ONNX graph (${error.message})` };
    throw error;
  }
}

/** The first of the sets of rows to which the graph gives finite answers. */
async function askFirst(
  bytes: Uint8Array,
  signature: ModelSignature,
  sets: readonly ModelExamples[],
): Promise<{ readonly examples: ModelExamples } | { readonly problem: string }> {
  let problem = '';
  for (const examples of sets) {
    const rows = examples.rows.map((_, row) => exampleRow(examples, row));
    const answer = await ask(bytes, signature, rows);
    if ('problem' in answer) problem = answer.problem;
    else if (rows.every((_, row) => Number.isFinite(answer.scores[row] ?? Number.NaN)))
      return { examples: { ...examples, expected: answer.scores.slice(0, rows.length) } };
    else problem = 'its answers to ordinary rows are not finite numbers';
  }
  return { problem };
}

async function ask(
  bytes: Uint8Array,
  signature: ModelSignature,
  rows: readonly ReadonlyMap<string, number | string | null>[],
): Promise<{ readonly scores: number[] } | { readonly problem: string }> {
  let answers: readonly (readonly ModelServer.GraphTensorValues[])[];
  try {
    answers = (
      await modelServer().inspectGraph(bytes, [modelServer().exampleTensors(signature, rows)], inspectionMs)
    ).answers;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `the runtime cannot load or run it (${reason})` };
  }
  return { scores: scoresOf(signature, answers[0]) };
}

/** The same rows for the same signature, so that the same bytes give the same bundle. */
export function madeUpRows(signature: ModelSignature): ModelExamples {
  return fill(signature, (row, column, whole) =>
    whole ? (row + column) % 3 : ((row * 7 + column * 3) % 11) / 5 - 1,
  );
}

function zeroRows(signature: ModelSignature): ModelExamples {
  return fill(signature, () => 0);
}

function fill(
  { inputs, features }: ModelSignature,
  value: (row: number, column: number, whole: boolean) => number,
): ModelExamples {
  const numbers = features.filter(({ type }) => type === 'number');
  const texts = features.filter(({ type }) => type === 'text');
  const isWhole = (input: string): boolean => {
    const datatype = inputs.find(({ name }) => name === input)?.datatype;
    return datatype !== 'FP32' && datatype !== 'FP64';
  };
  const rows = Array.from({ length: exampleRows }, (_, row) => row);
  return {
    features: numbers.map(({ name }) => name),
    textFeatures: texts.map(({ name }) => name),
    rows: rows.map((row) => numbers.map(({ input }, column) => value(row, column, isWhole(input)))),
    textRows: rows.map((row) => texts.map((_, column) => (row % 2 === 0 ? '' : `text ${row + column}`))),
    expected: [],
  };
}
