import type { ConversionReport, ModelSignature } from '@esteira/contracts';
import type * as ModelServer from '@esteira/model-server';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import { digestOfFiles, type KeptFile } from '../freeze-files.ts';
import { inspectGraphBytes } from '../inspection/inspect-graph-bytes.ts';
import { readKeptFile, readKeptText } from '../read-kept-file.ts';
import { tolerance } from './compare-answers.ts';
import { compareModels } from './compare-models.ts';
import { comparisonRows, readExample } from './comparison-rows.ts';
import { findOriginal, type Original } from './find-original.ts';
import { notConvertible, reasonOf } from './not-convertible.ts';
import { signatureOfColumns } from './signature-columns.ts';

type LoadedOriginal = Awaited<ReturnType<typeof ModelServer.openOriginal>>;

/** A graph that answers as the model did from which it was made. */
export interface ConvertedGraph {
  readonly graph: Uint8Array;
  /** MLflow's, by which the graph is called. */
  readonly signature: unknown;
  readonly report: ConversionReport;
}

interface ConversionDeps {
  readonly blobs: BlobStore;
  readonly python: ModelServer.PythonPlace;
}

const modelServer = loadWhenUsed<typeof ModelServer>('@esteira/model-server');

/**
 * Writes an estimator as an ONNX graph in a sandbox and compares the two on the example that it was logged with, on rows that
 * are made up, and on rows with a gap, as far as the original takes those. Throws MODEL_NOT_CONVERTIBLE, CONVERSION_DIFFERS.
 */
export async function convertToOnnx(
  { blobs, python }: ConversionDeps,
  files: readonly KeptFile[],
  options: { readonly signal: AbortSignal; readonly progress: (share: number, message: string) => void },
): Promise<ConvertedGraph> {
  const { signal, progress } = options;
  const original = await findOriginal(files, (file) => readKeptText(blobs, file));
  if ('problem' in original) throw notConvertible(original.problem);
  const digest = await digestOfFiles(files);
  const bundle = {
    modelVersionId: '',
    model: 'original',
    version: 0,
    digest,
    files: files.map(({ path, digest, size }) => ({ name: path, digest, size })),
  };
  progress(0.05, 'making the environment');
  const loaded = await modelServer()
    .openOriginal(
      python,
      { ...original, bundle, read: (name) => readFile(blobs, files, name) },
      { signal, onOutput: () => {} },
    )
    .catch((error: unknown) => {
      throw notConvertible(`it cannot be loaded (${reasonOf(error)})`);
    });
  try {
    progress(0.5, 'converting');
    const example = original.example && (await readKeptText(blobs, original.example));
    const examples = example === undefined ? [] : readExample(example, loaded.columns);
    const rows = comparisonRows(loaded.columns, examples);
    const document = original.signature ?? signatureOfColumns(loaded.columns);
    const { graph, form, signature } = await writeGraph(loaded, original, document);
    progress(0.8, 'comparing');
    const compared = await compareModels(loaded, { graph, signature }, rows);
    const { flavour } = original;
    const report = { digest, flavour, packages: { ...loaded.packages }, form, tolerance, ...compared };
    return { graph, signature: document, report };
  } finally {
    await loaded.close();
  }
}

interface WrittenGraph {
  readonly graph: Uint8Array;
  readonly form: 'matrix' | 'columns';
  readonly signature: ModelSignature;
}

/**
 * One matrix is asked fastest; a model that tells its columns apart by their names, or takes texts, has an input for each. Why
 * that one failed is told where both did: every model with names refuses the matrix.
 */
async function writeGraph(
  loaded: LoadedOriginal,
  { columns }: Original,
  document: unknown,
): Promise<WrittenGraph> {
  const forms = columns?.some(({ text }) => text) ? (['columns'] as const) : (['matrix', 'columns'] as const);
  let problem = '';
  for (const form of forms) {
    try {
      const graph = await loaded.convert(form);
      const inspected = await inspectGraphBytes(graph, document);
      if (!('problem' in inspected)) return { graph, form, signature: inspected.signature };
      problem = `its graph cannot be served: ${inspected.problem}`;
    } catch (error) {
      problem = `the converter refuses it (${reasonOf(error)})`;
    }
  }
  throw notConvertible(problem);
}

async function readFile(blobs: BlobStore, files: readonly KeptFile[], name: string): Promise<Uint8Array> {
  const file = files.find(({ path }) => path === name);
  if (file === undefined) throw notConvertible(`it has no file ${name}`);
  return await readKeptFile(blobs, file);
}
