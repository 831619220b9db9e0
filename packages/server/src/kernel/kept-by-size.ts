/** Values by key, as many as may be held. */
export interface KeptBySize<V> {
  get(key: string): V | undefined;
  /** In place of what was kept under the key; a value that is larger than one may be is not kept. */
  keep(key: string, value: V, size: number): void;
}

/** Those that were asked for longest ago go first. `most` bounds the sizes of all together, `mostOfOne` that of each. */
export function createKeptBySize<V>({
  most,
  mostOfOne,
}: {
  readonly most: number;
  readonly mostOfOne: number;
}): KeptBySize<V> {
  const kept = new Map<string, { readonly value: V; readonly size: number }>();
  let held = 0;

  function drop(key: string): void {
    held -= kept.get(key)?.size ?? 0;
    kept.delete(key);
  }

  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.value;
    },
    keep(key, value, size) {
      drop(key);
      if (size > mostOfOne) return;
      kept.set(key, { value, size });
      held += size;
      for (const oldest of kept.keys()) {
        if (held <= most) break;
        drop(oldest);
      }
    },
  };
}
