import type { Clock } from '../../../kernel/clock.ts';
import type { Cache, CacheKey } from '../cache.ts';

interface Entry {
  readonly value: Uint8Array;
  readonly bytes: number;
  readonly expiresAt: number;
}

/** What an entry takes besides its key and value, about: a slot of the map, two objects. */
const entryOverhead = 200;

/** A cache of this process alone. Past `maxBytes` the least recently used go first; an entry larger than that is not kept. */
export function createMemoryCache(deps: { clock: Clock; maxBytes: number }): Cache {
  const { clock, maxBytes } = deps;
  const entries = new Map<string, Entry>();
  let bytes = 0;

  function remove(name: string): void {
    const entry = entries.get(name);
    if (entry === undefined) return;
    bytes -= entry.bytes;
    entries.delete(name);
  }

  function find(name: string, now: number): Uint8Array | undefined {
    const entry = entries.get(name);
    if (entry === undefined) return undefined;
    entries.delete(name);
    if (entry.expiresAt <= now) {
      bytes -= entry.bytes;
      return undefined;
    }
    entries.set(name, entry);
    return entry.value;
  }

  return {
    shared: false,
    async getMany(namespace, keys) {
      const now = clock.now();
      return keys.map((key) => find(nameOf(namespace, key), now));
    },
    async setMany(namespace, added, { ttlMs }) {
      const expiresAt = clock.now() + ttlMs;
      for (const { key, value } of added) {
        const name = nameOf(namespace, key);
        remove(name);
        const size = 2 * name.length + value.length + entryOverhead;
        if (size > maxBytes) continue;
        entries.set(name, { value: new Uint8Array(value), bytes: size, expiresAt });
        bytes += size;
        for (const oldest of entries.keys()) {
          if (bytes <= maxBytes) break;
          remove(oldest);
        }
      }
    },
    async deleteMany(namespace, keys) {
      for (const key of keys) remove(nameOf(namespace, key));
    },
    available: () => true,
    async close() {
      entries.clear();
      bytes = 0;
    },
  };
}

/** One text for both, so that no two pairs look alike. Bytes become one character each. */
function nameOf(namespace: string, key: CacheKey): string {
  const text = Buffer.from(key).toString('latin1');
  return `${namespace.length}:${namespace}:${text}`;
}
