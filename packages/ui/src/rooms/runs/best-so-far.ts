/** The best value up to each point, `[x, best]`; null until there is a value. */
export function bestSoFar(
  points: readonly (readonly [number, number | null])[],
  direction: 'maximize' | 'minimize',
): readonly (readonly [number, number | null])[] {
  let best: number | null = null;
  return points.map(([x, value]) => {
    if (value !== null) best = best === null ? value : better(best, value, direction);
    return [x, best] as const;
  });
}

function better(left: number, right: number, direction: 'maximize' | 'minimize'): number {
  return direction === 'maximize' ? Math.max(left, right) : Math.min(left, right);
}
