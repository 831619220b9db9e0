/** How often two conditions hold, alone and together, among so many traces. */
export interface FilterCounts {
  readonly total: number;
  readonly first: number;
  readonly second: number;
  readonly both: number;
}

export interface FilterCorrelation extends FilterCounts {
  /**
   * Normalized pointwise mutual information, -1 (never together) to 1 (always together); NaN where a condition never holds.
   * G. Bouma, "Normalized (Pointwise) Mutual Information in Collocation Extraction", 2009.
   */
  readonly npmi: number;
  /** The same with half a count added to each cell (the prior of Jeffreys), which is steadier for few traces. */
  readonly npmiSmoothed: number;
}

export function correlate(counts: FilterCounts): FilterCorrelation {
  const { total, first, second, both } = counts;
  const cells = [both, first - both, second - both, total - first - second + both] as const;
  if (total <= 0 || first === 0 || second === 0 || cells.some((cell) => cell < 0))
    return { ...counts, npmi: Number.NaN, npmiSmoothed: Number.NaN };
  const npmi = both === 0 ? -1 : npmiOf(cells, 0);
  return { ...counts, npmi, npmiSmoothed: npmiOf(cells, 0.5) };
}

function npmiOf(
  [both, onlyFirst, onlySecond, neither]: readonly [number, number, number, number],
  added: number,
): number {
  if (onlyFirst === 0 && onlySecond === 0 && neither === 0) return 1;
  const joint = both + added;
  const first = joint + onlyFirst + added;
  const second = joint + onlySecond + added;
  const total = first + onlySecond + added + neither + added;
  const information = Math.log(joint) + Math.log(total) - Math.log(first) - Math.log(second);
  return Math.max(-1, Math.min(1, information / (Math.log(total) - Math.log(joint))));
}
