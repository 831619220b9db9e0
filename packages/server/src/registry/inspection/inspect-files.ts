import { IntegrationCases, type ModelExamples, type ServableVersion } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import type { BlobStore, DirectoryEntry } from '../../storage/blobs/blob-store.ts';
import type { KeptFile } from '../freeze-files.ts';
import { findGraph } from './find-graph.ts';
import { inspectGraphBytes } from './inspect-graph-bytes.ts';

/** What a model server is given of files that were registered as they are. */
export type InspectedBundle = Pick<
  ServableVersion,
  'digest' | 'bytes' | 'artifacts' | 'signature' | 'examplesFrom'
>;

const maximumBytes = 512 * 1024 * 1024;
const maximumTextBytes = 16 * 1024 * 1024;

/**
 * Makes the bundle of a model that is served out of files as they are: its graph, the signature it was found to have, and
 * examples. Those are stored cases where the files hold some; otherwise what the model itself answers to made-up rows.
 * Throws MODEL_NOT_REGISTRABLE.
 */
export async function inspectFiles(blobs: BlobStore, files: readonly KeptFile[]): Promise<InspectedBundle> {
  const found = await findGraph(files, (file) => readText(blobs, file));
  if ('problem' in found) throw esteiraError('MODEL_NOT_REGISTRABLE', found);
  const inspected = await inspectGraphBytes(await readGraph(blobs, found.graph), found.signature);
  if ('problem' in inspected) throw esteiraError('MODEL_NOT_REGISTRABLE', inspected);
  const { signature } = inspected;
  const cases = found.cases === undefined ? undefined : readCases(found.cases, inspected.examples);
  const { digest, size } = found.graph;
  const entries: DirectoryEntry[] = [
    { name: 'model.onnx', kind: 'file', digest, size },
    await storeJson(blobs, 'signature.json', signature),
    await storeJson(blobs, 'examples.json', cases ?? inspected.examples),
  ];
  return {
    digest: (await blobs.putDirectory(entries)).digest,
    bytes: entries.reduce((sum, entry) => sum + entry.size, 0),
    artifacts: entries.map((entry) => ({ path: entry.name, digest: entry.digest, size: entry.size })),
    signature,
    examplesFrom: cases === undefined ? 'model' : 'author',
  };
}

async function readGraph(blobs: BlobStore, { digest, size }: KeptFile): Promise<Buffer> {
  if (size > maximumBytes) {
    throw esteiraError('MODEL_NOT_REGISTRABLE', {
      problem: `its graph has ${size} bytes; at most ${maximumBytes} are served`,
    });
  }
  return await readBytes(blobs, digest);
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

async function readText(blobs: BlobStore, { path, digest, size }: KeptFile): Promise<string> {
  if (size > maximumTextBytes)
    throw esteiraError('MODEL_NOT_REGISTRABLE', { problem: `its ${path} has ${size} bytes` });
  return (await readBytes(blobs, digest)).toString('utf8');
}

async function readBytes(blobs: BlobStore, digest: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.get(digest)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function storeJson(blobs: BlobStore, name: string, value: unknown): Promise<DirectoryEntry> {
  const blob = await blobs.put(once(Buffer.from(JSON.stringify(value))));
  return { name, kind: 'file', ...blob };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
