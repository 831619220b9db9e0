import { dirname, join } from 'node:path';
import type { Source } from './read-sources.ts';

/** Finds import cycles between files: one path per cycle, first file repeated at the end. */
export function findCycles(sources: readonly Source[]): readonly (readonly string[])[] {
  const graph = new Map(sources.map((source) => [source.path, relativeTargets(source)]));
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const cycles: string[][] = [];

  for (const path of graph.keys()) visit(path);
  return cycles;

  function visit(path: string): void {
    if (state.get(path) === 'done' || !graph.has(path)) return;
    if (state.get(path) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(path)), path]);
      return;
    }
    state.set(path, 'open');
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    state.set(path, 'done');
  }
}

function relativeTargets(source: Source): string[] {
  return source.imports
    .filter((name) => name.startsWith('.'))
    .map((name) => join(dirname(source.path), name));
}
