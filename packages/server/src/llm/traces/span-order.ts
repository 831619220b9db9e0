import { setImmediate as turn } from 'node:timers/promises';
import type { SpanPlace } from './span-store.ts';

export interface PlacedSpan {
  readonly id: string;
  /** How many spans lie above it. */
  readonly depth: number;
}

// Some three milliseconds.
const placesAtOnce = 5_000;

/**
 * Spans as a tree is read: each before those it called, these as they started. A span whose parent is not there stands at
 * the top, and so does one of a circle of parents. In parts, others between them: a trace may have ten thousands.
 */
export async function treeOrder(places: readonly SpanPlace[]): Promise<readonly PlacedSpan[]> {
  const sorted = [...places].sort((a, b) => a.startedUs - b.startedUs || (a.id < b.id ? -1 : 1));
  const known = new Set(places.map(({ id }) => id));
  const children = new Map<string, SpanPlace[]>();
  const roots: SpanPlace[] = [];
  for (const [index, place] of sorted.entries()) {
    if (isTurn(index)) await turn();
    if (place.parentId === undefined || place.parentId === place.id || !known.has(place.parentId)) {
      roots.push(place);
      continue;
    }
    const siblings = children.get(place.parentId) ?? [];
    siblings.push(place);
    children.set(place.parentId, siblings);
  }
  const ordered: PlacedSpan[] = [];
  const placed = new Set<string>();
  for (const root of [...roots, ...sorted]) {
    const open: { place: SpanPlace; depth: number }[] = [{ place: root, depth: 0 }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { place, depth } = next;
      if (placed.has(place.id)) continue;
      placed.add(place.id);
      if (isTurn(ordered.length)) await turn();
      ordered.push({ id: place.id, depth });
      for (const child of (children.get(place.id) ?? []).toReversed())
        open.push({ place: child, depth: depth + 1 });
    }
  }
  return ordered;
}

function isTurn(step: number): boolean {
  return step % placesAtOnce === placesAtOnce - 1;
}
