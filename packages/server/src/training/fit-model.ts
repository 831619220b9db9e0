import type { TrainedModelMeta } from '@esteira/contracts';
import { ComputeError, type ComputeWorker, openComputeWorker } from '../kernel/compute-worker.ts';
import { type EsteiraError, esteiraError } from '../kernel/errors.ts';
import type { BlobStore, StoredBlob } from '../storage/blobs/blob-store.ts';
import type { FitInput, FitResult } from './trainer-worker.ts';

/** Trains in a thread of its own, which takes the columns over; throws the trainer's refusals as entries of the error table. */
export async function fitModel(
  input: FitInput,
  signal: AbortSignal,
  onProgress: (share: number, message: string) => void,
): Promise<FitResult> {
  const worker = openComputeWorker(new URL('./trainer-worker.ts', import.meta.url), signal);
  try {
    return await callTrainer<FitResult>(worker, 'fit', input, { handOver: true, onProgress });
  } finally {
    await worker.close();
  }
}

/** Calls a task of a trainer's thread and words its refusals for people. */
export async function callTrainer<R>(
  worker: ComputeWorker,
  task: string,
  input: unknown,
  options: Parameters<ComputeWorker['call']>[2] = {},
): Promise<R> {
  try {
    return await worker.call<R>(task, input, options);
  } catch (error) {
    throw toTrainingError(error);
  }
}

/** Stores a model as a bundle: a directory of `model.onnx` and `meta.json`, addressed by its Merkle digest. */
export async function storeBundle(
  blobs: BlobStore,
  onnx: Uint8Array,
  meta: TrainedModelMeta,
): Promise<StoredBlob> {
  const model = await blobs.put(once(onnx));
  const description = await blobs.put(once(new TextEncoder().encode(JSON.stringify(meta))));
  const directory = await blobs.putDirectory([
    { name: 'meta.json', kind: 'file', ...description },
    { name: 'model.onnx', kind: 'file', ...model },
  ]);
  return { digest: directory.digest, size: model.size + description.size };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

function toTrainingError(error: unknown): EsteiraError | unknown {
  if (!(error instanceof ComputeError) || error.code === undefined) return error;
  const code = error.code === 'OPTION_INVALID' ? 'TRAINING_PARAMETERS_INVALID' : 'TRAINING_DATA_UNUSABLE';
  return esteiraError(code, { problem: error.message }, error);
}
