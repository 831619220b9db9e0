import type { PredictionPart } from './part-store.ts';

// A scan over a few dozen small files costs little more than over one.
const enough = 32;
/** Files of so many rows are left as they are: to write them again would be felt by whoever is answered meanwhile. */
const rowsOfLarge = 32_768;

/**
 * Parts of an hour that should be one: as many of about one size as are enough, of the smallest such size; none while there are
 * fewer. Joining like with like, as a log-structured merge tree does (O'Neil et al. 1996), writes a row again three times at
 * most, however many come in its hour, where joining all with all would write the hour again and again.
 */
export function findJoinableParts<T extends Pick<PredictionPart, 'rows'>>(parts: readonly T[]): readonly T[] {
  const sizes = new Map<number, T[]>();
  for (const part of parts) {
    if (part.rows >= rowsOfLarge) continue;
    const size = Math.floor(Math.log2(part.rows) / Math.log2(enough));
    const ofSize = sizes.get(size) ?? [];
    ofSize.push(part);
    sizes.set(size, ofSize);
  }
  const joinable = [...sizes].filter(([, ofSize]) => ofSize.length >= enough);
  return joinable.sort(([left], [right]) => left - right)[0]?.[1] ?? [];
}
