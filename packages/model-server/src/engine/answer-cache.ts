import { createHash } from 'node:crypto';
import { keepsAnswers, type ModelSignature, type ResponseCache } from '@esteira/contracts/data-plane';
import type { Tensor } from '../protocol/tensor.ts';
import type { FeatureBatch } from './feature-batch.ts';

type Outputs = ReadonlyMap<string, Tensor>;

/** What a model answered, and whether it was spared the question. */
export interface CachedOutputs {
  readonly outputs: Outputs;
  readonly cached: boolean;
}

/**
 * Answers of models by version and question. It stands behind everything that a request passes on its way to the model, so
 * whoever is answered out of it was let in, limited and is logged as anybody is. The question is the whole of what the model
 * would be given: features after policies, whatever names or wire they came by. What is kept is all that the model gave:
 * each request takes its outputs out of that.
 */
export interface AnswerCache {
  /** Whether answers of such a model may be kept. */
  keeps(signature: ModelSignature): boolean;
  /**
   * The outputs for a batch, at once where they are here; otherwise what `ask` gives, which equal questions wait for. What
   * `ask` throws or rejects with is not kept.
   */
  answer(
    version: string,
    batch: FeatureBatch,
    ask: () => Outputs | Promise<Outputs>,
  ): CachedOutputs | Promise<CachedOutputs>;
  /** What it holds. */
  bytes(): number;
}

interface Entry {
  readonly outputs: Outputs;
  readonly bytes: number;
  /** By `now`, in ms. */
  readonly until: number;
}

/** What an entry takes beside the data of its tensors, roughly. */
const entryBytes = 600;
const tensorBytes = 300;

/** Bounded by `maxBytes`: the entries that were not asked for the longest time go first. `now` in ms, and only forward. */
export function createAnswerCache(settings: ResponseCache, now: () => number): AnswerCache {
  const { ttlSeconds, maxBytes } = settings;
  /** By question; the one asked for last stands last. */
  const entries = new Map<string, Entry>();
  const underWay = new Map<string, Promise<Outputs>>();
  let held = 0;

  function find(question: string): Outputs | undefined {
    const entry = entries.get(question);
    if (entry === undefined) return undefined;
    entries.delete(question);
    if (entry.until <= now()) {
      held -= entry.bytes;
      return undefined;
    }
    entries.set(question, entry);
    return entry.outputs;
  }

  function keep(question: string, outputs: Outputs): void {
    const bytes = entryBytes + sizeOf(outputs);
    if (bytes > maxBytes) return;
    held += bytes - (entries.get(question)?.bytes ?? 0);
    entries.delete(question);
    entries.set(question, { outputs, bytes, until: now() + ttlSeconds * 1000 });
    for (const [oldest, entry] of entries) {
      if (held <= maxBytes) break;
      entries.delete(oldest);
      held -= entry.bytes;
    }
  }

  async function answerOnce(question: string, asked: Promise<Outputs>): Promise<CachedOutputs> {
    underWay.set(question, asked);
    try {
      const outputs = await asked;
      keep(question, outputs);
      return { outputs, cached: false };
    } finally {
      underWay.delete(question);
    }
  }

  return {
    keeps: (signature) => keepsAnswers(settings, signature),
    answer(version, batch, ask) {
      const question = questionOf(version, batch);
      const known = find(question);
      if (known !== undefined) return { outputs: known, cached: true };
      const other = underWay.get(question);
      if (other !== undefined) return other.then((outputs) => ({ outputs, cached: true }));
      const asked = ask();
      if (asked instanceof Promise) return answerOnce(question, asked);
      keep(question, asked);
      return { outputs: asked, cached: false };
    },
    bytes: () => held,
  };
}

/** Two batches have one digest when a model is given the same by both: inputs in one order, numbers by their bits. */
function questionOf(version: string, { feeds }: FeatureBatch): string {
  const digest = createHash('sha256').update(version);
  for (const name of [...feeds.keys()].sort()) {
    const tensor = feeds.get(name);
    if (tensor === undefined) continue;
    const { datatype, shape, data } = tensor;
    const isText = datatype === 'BYTES';
    digest.update(JSON.stringify([name, datatype, shape, isText ? data : data.byteLength]));
    if (!isText) digest.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return digest.digest('base64');
}

function sizeOf(outputs: Outputs): number {
  let bytes = 0;
  for (const { datatype, data } of outputs.values()) {
    bytes += tensorBytes;
    if (datatype !== 'BYTES') bytes += data.byteLength;
    else for (const text of data) bytes += 2 * text.length + 32;
  }
  return bytes;
}
