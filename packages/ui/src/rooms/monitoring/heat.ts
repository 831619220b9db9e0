interface Measured {
  readonly distance: number | null;
  readonly threshold: number | null;
}

/** A distance as a share of its limit: 1 is at the limit; null where either is unknown. */
export function heatOf(cell: Measured | null | undefined): number | null {
  if (!cell || cell.distance === null || cell.threshold === null || cell.threshold <= 0) return null;
  return Math.max(0, cell.distance / cell.threshold);
}
