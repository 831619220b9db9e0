import {
  type Evaluation,
  type ModelSignature,
  type TrainedModel,
  TrainedModelMeta,
} from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { BlobStore, DirectoryEntry } from '../storage/blobs/blob-store.ts';
import { checkGraph } from './check-graph.ts';

export interface CheckDeps {
  readonly blobs: BlobStore;
  readonly training: {
    /** Throws TRAINED_MODEL_NOT_FOUND. */
    open(workspace: string, id: string): Promise<{ model: TrainedModel; entries: readonly DirectoryEntry[] }>;
  };
  readonly evaluation: { find(workspace: string, id: string): Promise<Evaluation | undefined> };
}

/** A trained model that was checked, with the bundle that is frozen of it. */
interface CheckedModel {
  readonly trained: TrainedModel;
  readonly meta: TrainedModelMeta;
  readonly evaluation: Evaluation;
  readonly files: readonly DirectoryEntry[];
  readonly digest: string;
  readonly signature: ModelSignature;
}

/** Checks and freezes; everything that takes time, outside of any transaction. Throws MODEL_NOT_REGISTRABLE. */
export async function checkTrainedModel(
  deps: CheckDeps,
  context: RequestContext,
  request: { trainedModelId: string; evaluationId: string },
): Promise<CheckedModel> {
  const { blobs } = deps;
  const { model: trained, entries } = await deps.training.open(context.workspace, request.trainedModelId);
  const evaluation = await deps.evaluation.find(context.workspace, request.evaluationId);
  if (evaluation === undefined || evaluation.trainedModelId !== trained.id) {
    throw esteiraError('MODEL_NOT_REGISTRABLE', {
      problem: 'the evaluation is not one of this trained model',
    });
  }
  const onnx = await readEntry(blobs, entries, 'model.onnx');
  const meta = TrainedModelMeta.parse(
    JSON.parse((await readEntry(blobs, entries, 'meta.json')).toString('utf8')),
  );
  const checked = await checkGraph(onnx, meta, evaluation.examples);
  if ('problem' in checked) throw esteiraError('MODEL_NOT_REGISTRABLE', { problem: checked.problem });
  const files: DirectoryEntry[] = entries.filter(
    (entry) => entry.name === 'model.onnx' || entry.name === 'meta.json',
  );
  files.push(await storeJson(blobs, 'signature.json', checked.signature));
  files.push(await storeJson(blobs, 'examples.json', evaluation.examples));
  const bundle = await blobs.putDirectory(files);
  return { trained, meta, evaluation, files, digest: bundle.digest, signature: checked.signature };
}

/** Reads one file of a bundle. Throws MODEL_NOT_REGISTRABLE when it has none of that name. */
export async function readEntry(
  blobs: BlobStore,
  entries: readonly DirectoryEntry[],
  name: string,
): Promise<Buffer> {
  const entry = entries.find((candidate) => candidate.name === name && candidate.kind === 'file');
  if (entry === undefined)
    throw esteiraError('MODEL_NOT_REGISTRABLE', { problem: `its bundle has no ${name}` });
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.get(entry.digest)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function storeJson(blobs: BlobStore, name: string, value: unknown): Promise<DirectoryEntry> {
  const blob = await blobs.put(once(Buffer.from(JSON.stringify(value))));
  return { name, kind: 'file', ...blob };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
