import type { ConversionReport, ModelSignature } from '@esteira/contracts';
import type * as ModelServer from '@esteira/model-server';
import { esteiraError } from '../../kernel/errors.ts';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import { type ComparedOutput, compareAnswers, type Difference, tolerance } from './compare-answers.ts';
import type { ComparisonRows, Row } from './comparison-rows.ts';
import { notConvertible, reasonOf } from './not-convertible.ts';

type LoadedOriginal = Awaited<ReturnType<typeof ModelServer.openOriginal>>;
type Answers = readonly ModelServer.GraphTensorValues[];

const modelServer = loadWhenUsed<typeof ModelServer>('@esteira/model-server');

const answerMs = 60_000;

/**
 * Compares a graph with the model that it was made from: on the example, on rows that are made up, and on rows with a gap, as
 * far as the original takes those. Returns how many there were and how far apart the answers. Throws CONVERSION_DIFFERS with
 * the worst difference, MODEL_NOT_CONVERTIBLE when one of the two cannot be asked.
 */
export async function compareModels(
  loaded: LoadedOriginal,
  converted: { readonly graph: Uint8Array; readonly signature: ModelSignature },
  rows: ComparisonRows,
): Promise<Pick<ConversionReport, 'rows' | 'outputs'>> {
  const { graph, signature } = converted;
  if (signature.features.length !== loaded.columns.length)
    throw notConvertible(
      `its signature has ${signature.features.length} columns and the model takes ${loaded.columns.length}`,
    );
  const usual = await askUsual(loaded, rows);
  const gaps = await askGaps(loaded, rows.gaps);
  const questions = [usual, ...(gaps.rows.length === 0 ? [] : [gaps])];
  const { answers } = await modelServer()
    .inspectGraph(
      graph,
      questions.map((question) =>
        modelServer().exampleTensors(signature, question.rows.map(named(signature))),
      ),
      answerMs,
    )
    .catch((error: unknown) => {
      throw notConvertible(`its graph does not answer (${reasonOf(error)})`);
    });
  let outputs: readonly ComparedOutput[] = [];
  for (const [position, question] of questions.entries()) {
    const found = compareAnswers(question.answers, answers[position] ?? []);
    if ('differs' in found) throw differs(found.differs, question.rows[found.differs.row], loaded);
    outputs = found.compared.map(({ output, worst }) => ({
      output,
      worst: Math.max(worst, outputs.find((before) => before.output === output)?.worst ?? 0),
    }));
  }
  const examples = rows.examples.length;
  const counts = { examples, madeUp: usual.rows.length - examples, gaps: gaps.rows.length };
  return { rows: counts, outputs: [...outputs] };
}

interface Asked {
  readonly rows: readonly Row[];
  readonly answers: Answers;
}

/** A model that does not take texts it has never seen is compared on its example alone. */
async function askUsual(loaded: LoadedOriginal, { examples, madeUp }: ComparisonRows): Promise<Asked> {
  const every = [...examples, ...madeUp];
  try {
    return { rows: every, answers: await ask(loaded, every) };
  } catch (error) {
    const problem = `it does not answer rows that are made up (${reasonOf(error)}); log it with an input example`;
    if (examples.length === 0) throw notConvertible(problem);
    return { rows: examples, answers: await ask(loaded, examples) };
  }
}

/** The rows with a gap that the original answers. */
async function askGaps(loaded: LoadedOriginal, gaps: readonly Row[]): Promise<Asked> {
  const rows: Row[] = [];
  for (const row of gaps) {
    const takes = await ask(loaded, [row]).then(
      () => true,
      () => false,
    );
    if (takes) rows.push(row);
  }
  return { rows, answers: rows.length === 0 ? [] : await ask(loaded, rows) };
}

async function ask(loaded: LoadedOriginal, rows: readonly Row[]): Promise<Answers> {
  return await loaded.answer(
    loaded.columns.map(({ name, text }, column) => {
      const values = rows.map((row) => row[column] ?? null);
      const shape = [rows.length];
      return text
        ? { name, datatype: 'BYTES' as const, shape, data: values.map((value) => String(value ?? '')) }
        : {
            name,
            datatype: 'FP64' as const,
            shape,
            data: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
          };
    }),
  );
}

/** Columns of the original are features of the graph, in their order. */
function named({ features }: ModelSignature) {
  return (row: Row): ReadonlyMap<string, number | string | null> =>
    new Map(features.map(({ name }, column) => [name, row[column] ?? null]));
}

function differs(
  { output, row, original, graph, difference }: Difference,
  values: Row | undefined,
  { columns }: LoadedOriginal,
) {
  const shown = columns.slice(0, 20).map(({ name }, column) => `${name}=${values?.[column] ?? 'nothing'}`);
  return esteiraError('CONVERSION_DIFFERS', {
    output,
    row,
    original,
    graph,
    difference: Number.isFinite(difference) ? difference.toPrecision(3) : 'of another kind',
    tolerance,
    values: shown.join(', '),
  });
}
