import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** The question of a page, which stands in its address: a link shows the same page. */
export interface Address {
  /** Empty where it is not asked. */
  word(name: string): string;
  words(name: string): readonly string[];
  /** Asks otherwise; an empty word, or none, is not asked. */
  set(change: Readonly<Record<string, string | readonly string[]>>): void;
}

export function useAddress(): Address {
  const [search, setSearch] = useSearchParams();
  const set = useCallback<Address['set']>(
    (change) =>
      setSearch((current) => {
        const next = new URLSearchParams(current);
        for (const [name, value] of Object.entries(change)) {
          next.delete(name);
          for (const word of typeof value === 'string' ? [value] : value) if (word) next.append(name, word);
        }
        return next.toString() === current.toString() ? current : next;
      }),
    [setSearch],
  );
  return { word: (name) => search.get(name) ?? '', words: (name) => search.getAll(name), set };
}
