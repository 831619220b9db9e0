import {
  IntegrationCases,
  type ModelExamples,
  type ModelSignature,
  type ServableVersion,
} from '@esteira/contracts';
import type { ReceiverRules } from '@esteira/model-server/receiver';
import { esteiraError } from '../../kernel/errors.ts';
import { parseJson } from '../../kernel/parse-json.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { freezeFiles, type KeptFile } from '../freeze-files.ts';
import { readKeptFile, readKeptText } from '../read-kept-file.ts';
import { agentExamples, agentSignature } from './agent-signature.ts';
import { findAllowedPickles } from './allowed-pickle-store.ts';
import { derivePythonSignature, modelFolder } from './derive-python-signature.ts';
import { type FoundModel, findModel } from './find-model.ts';
import { findPickles } from './find-pickles.ts';
import { inspectDescription } from './inspect-description.ts';
import { inspectGraphBytes, madeUpRows } from './inspect-graph-bytes.ts';
import { inspectPipeline, type ResolveVersion } from './inspect-pipeline.ts';

/** What a model server is given of files that were registered as they are. */
export type InspectedBundle = Pick<
  ServableVersion,
  'digest' | 'bytes' | 'artifacts' | 'signature' | 'examplesFrom'
>;

interface InspectedModel {
  readonly signature: ModelSignature;
  readonly examples: ModelExamples;
  /** What its bundle holds beside what describes it. */
  readonly files?: readonly KeptFile[];
}

export interface InspectionPlace {
  readonly sql: SqlReader;
  readonly blobs: BlobStore;
  readonly workspace: string;
  readonly resolve: ResolveVersion;
  /** Which servers remote models may be asked at; those with public addresses unless given. */
  readonly remoteRules?: ReceiverRules | undefined;
}

const publicOnly: ReceiverRules = { allowPrivate: false };

const maximumBytes = 512 * 1024 * 1024;

/**
 * Makes the bundle of a model that is served out of files as they are: its graph, or all of them for one that Python runs,
 * its signature, and examples. Those are stored cases where the files hold some; otherwise rows that are made up, with what
 * a graph answers to them. Code is not run here. Throws MODEL_NOT_REGISTRABLE, PICKLE_NOT_ALLOWED.
 */
export async function inspectFiles(
  place: InspectionPlace,
  files: readonly KeptFile[],
): Promise<InspectedBundle> {
  const { blobs } = place;
  const found = await findModel(files, (file) => readKeptText(blobs, file));
  if ('problem' in found) throw esteiraError('MODEL_NOT_REGISTRABLE', found);
  const inspected = await inspectFound(place, files, found);
  if ('problem' in inspected) throw esteiraError('MODEL_NOT_REGISTRABLE', inspected);
  const { signature } = inspected;
  const cases = found.cases === undefined ? undefined : readCases(found.cases, inspected.examples);
  const bundle: KeptFile[] = [
    ...filesServed(files, found),
    ...(inspected.files ?? []),
    await storeJson(blobs, 'signature.json', signature),
    await storeJson(blobs, 'examples.json', cases ?? inspected.examples),
  ];
  return {
    digest: (await freezeFiles(blobs, bundle)).digest,
    bytes: bundle.reduce((sum, { size }) => sum + size, 0),
    artifacts: bundle.map(({ path, digest, size }) => ({ path, digest, size })),
    signature,
    examplesFrom: cases === undefined ? 'model' : 'author',
  };
}

async function inspectFound(
  place: InspectionPlace,
  files: readonly KeptFile[],
  found: FoundModel,
): Promise<InspectedModel | { readonly problem: string }> {
  if (found.kind === 'described') {
    const { description } = found;
    return description.kind === 'pipeline'
      ? await inspectPipeline(description, place.resolve)
      : await inspectDescription(description, found.signature, place.remoteRules ?? publicOnly);
  }
  if (found.kind === 'python') return await inspectPython(place, files, found);
  return await inspectGraph(place, found);
}

async function inspectGraph({ blobs }: InspectionPlace, found: Extract<FoundModel, { kind: 'graph' }>) {
  return await inspectGraphBytes(await readGraph(blobs, found.graph), found.signature);
}

/** What a model server needs beside the signature: that of a described model says all of it. */
function filesServed(files: readonly KeptFile[], found: FoundModel): KeptFile[] {
  if (found.kind === 'described') return [];
  if (found.kind === 'graph') return [{ ...found.graph, path: 'model.onnx' }];
  return files.map((file) => ({ ...file, path: `${modelFolder}/${file.path}` }));
}

/** Takes the author's word for the signature: to see more, the code would have to run. */
async function inspectPython(
  { sql, blobs, workspace }: InspectionPlace,
  files: readonly KeptFile[],
  found: Extract<FoundModel, { kind: 'python' }>,
) {
  const pickles = await findPickles(files, (file) => readKeptFile(blobs, file, { start: 0, end: 2 }));
  const digests = pickles.map(({ digest }) => digest);
  const allowed = await findAllowedPickles(sql, workspace, digests);
  const foreign = pickles.filter(({ digest }) => !allowed.has(digest));
  const [first] = foreign;
  if (first !== undefined) {
    throw esteiraError('PICKLE_NOT_ALLOWED', {
      files: foreign.map(({ path, digest }) => `${path} (${digest})`).join(', '),
      digest: first.digest,
    });
  }
  if (found.mlflow?.agent === true) {
    const signature = agentSignature({ ...found.runtime, path: modelFolder });
    const example = files.find(({ path }) => path === found.mlflow?.example);
    return { signature, examples: agentExamples(example ? await readKeptText(blobs, example) : '{}') };
  }
  const derived = derivePythonSignature(found.signature, found.runtime);
  if ('problem' in derived) return derived;
  return { signature: derived.signature, examples: madeUpRows(derived.signature) };
}

async function readGraph(blobs: BlobStore, file: KeptFile): Promise<Buffer> {
  const { size } = file;
  if (size > maximumBytes) {
    throw esteiraError('MODEL_NOT_REGISTRABLE', {
      problem: `its graph has ${size} bytes; at most ${maximumBytes} are served`,
    });
  }
  return await readKeptFile(blobs, file);
}

/** Stored cases as examples. Throws MODEL_NOT_REGISTRABLE naming the case that the model cannot be asked. */
function readCases(text: string, like: ModelExamples): ModelExamples {
  const parsed = IntegrationCases.safeParse(parseJson(text));
  if (!parsed.success) {
    throw esteiraError('MODEL_NOT_REGISTRABLE', {
      problem:
        'its cases are not a list of {"inputs": {column: value}, "expected": number}, the score of each row',
    });
  }
  const known = [...like.features, ...like.textFeatures];
  for (const [index, { inputs }] of parsed.data.entries()) {
    const foreign = Object.keys(inputs).find((name) => !known.includes(name));
    const lacking = known.find((name) => !Object.hasOwn(inputs, name));
    if (foreign !== undefined || lacking !== undefined) {
      const problem =
        foreign !== undefined ? `has the column ${foreign}, which the model` : `lacks ${lacking}, which it`;
      throw esteiraError('MODEL_NOT_REGISTRABLE', {
        problem: `case ${index} ${problem} ${foreign === undefined ? 'takes' : 'does not take'}`,
      });
    }
  }
  return {
    features: like.features,
    textFeatures: like.textFeatures,
    rows: parsed.data.map(({ inputs }) => like.features.map((name) => numberOrNull(inputs[name]))),
    textRows: parsed.data.map(({ inputs }) => like.textFeatures.map((name) => String(inputs[name] ?? ''))),
    expected: parsed.data.map(({ expected }) => expected),
  };
}

function numberOrNull(value: number | string | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

async function storeJson(blobs: BlobStore, path: string, value: unknown): Promise<KeptFile> {
  return { path, ...(await blobs.put(once(Buffer.from(JSON.stringify(value))))) };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
