import type { BlobLayout } from '../blob-layout.ts';
import type { BlobStore } from '../blob-store.ts';
import type { BlobKeys } from './blob-keys.ts';
import type { KeyRecord, KeyRecords } from './key-records.ts';

/** How much is encrypted under which key. */
interface BlobKeyStatus {
  readonly active: string;
  /** Every key that something is wrapped with or that the file holds. */
  readonly keys: readonly { readonly id: string; readonly blobs: number; readonly available: boolean }[];
  /** Blobs that are stored as they are, from before encryption was switched on. */
  readonly plain: number;
}

interface RotationResult {
  /** The key that everything is wrapped with now. */
  readonly active: string;
  readonly rewrapped: number;
  /** Blobs that were stored as they are and are encrypted now. */
  readonly encrypted: number;
  /** Left as they were, because this server has not the key they are wrapped with; by id of that key. */
  readonly left: Readonly<Record<string, number>>;
}

/** What an operator does with the keys of encrypted content. */
export interface BlobKeyAdministration {
  status(): Promise<BlobKeyStatus>;
  /**
   * Wraps every data key with the active key of the file, which is read again first. Content is not touched, unless
   * `encryptPlain`: then what is stored as it is is encrypted as well, and its plain form removed, from under whoever reads
   * it as a local file at this moment. Cut short, it goes on where it was when it is called again.
   */
  rotate(run: {
    encryptPlain: boolean;
    signal: AbortSignal;
    progress(done: number, of: number): void;
  }): Promise<RotationResult>;
}

const atOnce = 16;

export function createKeyAdministration(deps: {
  keys: BlobKeys;
  records: KeyRecords;
  plain: BlobLayout;
  put: BlobStore['put'];
}): BlobKeyAdministration {
  const { keys, records, plain, put } = deps;

  async function count(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for await (const { keyId } of records.list()) counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
    return counts;
  }

  async function countPlain(): Promise<number> {
    let blobs = 0;
    for await (const _ of plain.list()) blobs++;
    return blobs;
  }

  async function encrypt(digest: string): Promise<void> {
    const opened = await plain.open(digest);
    if (opened === undefined) return;
    await put(opened.bytes, { expected: digest });
    await plain.remove([digest]);
  }

  return {
    async status() {
      keys.reload();
      const counts = await count();
      const ids = [...new Set([...keys.ids(), ...counts.keys()])];
      return {
        active: keys.active(),
        keys: ids.map((id) => ({
          id,
          blobs: counts.get(id) ?? 0,
          available: keys.find(id) !== undefined,
        })),
        plain: await countPlain(),
      };
    },

    async rotate({ encryptPlain, signal, progress }) {
      keys.reload();
      const active = keys.active();
      let total = encryptPlain ? await countPlain() : 0;
      for (const [id, blobs] of await count()) if (id !== active) total += blobs;
      let rewrapped = 0;
      const left = new Map<string, number>();
      await eachAtOnce(records.list(), async (record: KeyRecord) => {
        signal.throwIfAborted();
        if (record.keyId === active) return;
        if (await records.rewrap(record)) rewrapped++;
        else left.set(record.keyId, (left.get(record.keyId) ?? 0) + 1);
        progress(rewrapped, total);
      });
      let encrypted = 0;
      if (encryptPlain) {
        for await (const { digest } of plain.list()) {
          signal.throwIfAborted();
          await encrypt(digest);
          encrypted++;
          progress(rewrapped + encrypted, total);
        }
      }
      return { active, rewrapped, encrypted, left: Object.fromEntries(left) };
    },
  };
}

/** Works on up to 16 items at the same time; ends with the first error, when those under way have ended. */
async function eachAtOnce<T>(items: AsyncIterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    if (failures.length > 0) break;
    const task: Promise<void> = work(item)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= atOnce) await Promise.race(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
