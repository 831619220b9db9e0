import type { ModelExamples, ModelSignature, TrainedModelMeta } from '@esteira/contracts';
import type * as Ml from '@esteira/ml';
import type * as ModelServer from '@esteira/model-server';
import { loadWhenUsed } from '../kernel/load-when-used.ts';
import { deriveSignature } from './derive-signature.ts';

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');
const modelServer = loadWhenUsed<typeof ModelServer>('@esteira/model-server');

/** A graph that may be served, or why not. */
export type CheckedGraph = { readonly signature: ModelSignature } | { readonly problem: string };

const maximumBytes = 512 * 1024 * 1024;
const inspectionMs = 60_000;
/** Two float32 evaluators that add in another order differ in the sixth digit. */
const tolerance = 1e-4;

/**
 * What stands between a file and a frozen version: the file is read as an ONNX graph without external data or foreign
 * operators, the runtime loads it in a thread of its own, it answers every stored example as the evaluation did, and each
 * feature is left out once to see whether the model can do without.
 */
export async function checkGraph(
  bytes: Uint8Array,
  meta: TrainedModelMeta,
  examples: ModelExamples,
): Promise<CheckedGraph> {
  const derived = readSignature(bytes, meta);
  if ('problem' in derived) return derived;
  const { signature } = derived;
  if (examples.expected.length === 0) return { problem: 'its evaluation holds no examples' };
  const rows = examples.expected.map((_, row) => exampleRow(examples, row));
  const first = rows[0];
  if (first === undefined) return { problem: 'its evaluation holds no examples' };
  const without = signature.features.map((feature) => new Map([...first, [feature.name, null]]));
  const questions = [
    modelServer().exampleTensors(signature, rows),
    modelServer().exampleTensors(signature, without),
  ];
  let answers: readonly (readonly ModelServer.GraphTensorValues[])[];
  try {
    answers = (await modelServer().inspectGraph(bytes, questions, inspectionMs)).answers;
  } catch (error) {
    return {
      problem: `the runtime cannot load or run it (${error instanceof Error ? error.message : String(error)})`,
    };
  }
  const scores = scoresOf(signature, answers[0]);
  for (const [row, expected] of examples.expected.entries()) {
    const difference = Math.abs((scores[row] ?? Number.NaN) - expected);
    if (!(difference <= tolerance * Math.max(1, Math.abs(expected)))) {
      return {
        problem: `it answers ${scores[row]} to the stored example ${row}, whose score is ${expected}`,
      };
    }
  }
  const withoutScores = scoresOf(signature, answers[1]);
  const features = signature.features.map((feature, position) => ({
    ...feature,
    missing: Number.isFinite(withoutScores[position] ?? Number.NaN),
  }));
  return { signature: { ...signature, features } };
}

/** The values of one stored example by feature. */
export function exampleRow(
  examples: ModelExamples,
  row: number,
): ReadonlyMap<string, number | string | null> {
  const values = new Map<string, number | string | null>();
  for (const [index, name] of examples.features.entries())
    values.set(name, examples.rows[row]?.[index] ?? null);
  for (const [index, name] of examples.textFeatures.entries())
    values.set(name, examples.textRows[row]?.[index] ?? null);
  return values;
}

function readSignature(bytes: Uint8Array, meta: TrainedModelMeta): CheckedGraph {
  try {
    return deriveSignature(ml().readOnnx(bytes, { maxBytes: maximumBytes }), meta);
  } catch (error) {
    if (error instanceof ml().MlInputError) return { problem: error.message };
    throw error;
  }
}

/** The score of each row in an answer. */
export function scoresOf(
  signature: ModelSignature,
  answer: readonly ModelServer.GraphTensorValues[] | undefined,
): number[] {
  const tensor = answer?.find((output) => output.name === signature.score.output);
  if (tensor === undefined) return [];
  const rows = tensor.shape[0] ?? 0;
  const width = rows === 0 ? 1 : tensor.data.length / rows;
  return Array.from({ length: rows }, (_, row) => Number(tensor.data[row * width + signature.score.column]));
}
