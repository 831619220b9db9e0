import type { Counter, Meter } from '../../kernel/meter.ts';
import type { Tracer } from '../../kernel/tracer.ts';
import type { BlobStore } from './blob-store.ts';

/** A blob store whose operations and bytes are counted and traced; the store itself when nobody looks. */
export function observeBlobStore(
  store: BlobStore,
  deps: { readonly meter: Meter; readonly tracer: Tracer },
): BlobStore {
  const { meter, tracer } = deps;
  if (!meter.active && !tracer.active) return store;
  const operations = meter.counter({
    name: 'esteira_blob_operations_total',
    help: 'Operations on stored content, by kind and outcome.',
    labels: ['operation', 'outcome'],
  });
  const bytes = meter.counter({
    name: 'esteira_blob_transferred_bytes_total',
    help: 'Bytes of content that were stored or read.',
    labels: ['direction'],
  });

  async function observed<R>(operation: string, work: () => Promise<R>): Promise<R> {
    try {
      const result = await tracer.span(`blob ${operation}`, { kind: 'client' }, work);
      operations.add({ operation, outcome: 'ok' });
      return result;
    } catch (error) {
      operations.add({ operation, outcome: 'error' });
      throw error;
    }
  }

  return {
    ...store,
    put: (content, options) => observed('put', () => store.put(counted(content, bytes, 'written'), options)),
    adopt: (path) =>
      observed('adopt', async () => {
        const stored = await store.adopt(path);
        bytes.add({ direction: 'written' }, stored.size);
        return stored;
      }),
    stat: (digest) => observed('stat', () => store.stat(digest)),
    localFile: (digest) => observed('localFile', () => store.localFile(digest)),
    putDirectory: (entries) => observed('putDirectory', () => store.putDirectory(entries)),
    getDirectory: (digest) => observed('getDirectory', () => store.getDirectory(digest)),
    delete: (digest, options) => observed('delete', () => store.delete(digest, options)),
    deleteMany: (digests, options) => observed('deleteMany', () => store.deleteMany(digests, options)),

    async *get(digest, range) {
      // A stream has no one caller to be measured for: its reader decides how long it takes.
      const span = tracer.start('blob get', { kind: 'client' });
      let outcome = 'error';
      try {
        yield* counted(store.get(digest, range), bytes, 'read');
        outcome = 'ok';
      } catch (error) {
        span.fail(error);
        throw error;
      } finally {
        operations.add({ operation: 'get', outcome });
        span.end();
      }
    },
  };
}

async function* counted(
  content: AsyncIterable<Uint8Array>,
  bytes: Counter<'direction'>,
  direction: 'written' | 'read',
): AsyncIterable<Uint8Array> {
  for await (const chunk of content) {
    bytes.add({ direction }, chunk.length);
    yield chunk;
  }
}
