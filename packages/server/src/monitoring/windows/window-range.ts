/** Windows of one length, without gaps, aligned to 1970-01-01T00:00Z plus an offset. Times in ms; the end is exclusive. */
export interface WindowGrid {
  readonly size: number;
  readonly offset: number;
}

export interface WindowRange {
  readonly start: number;
  readonly end: number;
}

/** The start of the window a time lies in. */
export function windowStartOf(grid: WindowGrid, time: number): number {
  return Math.floor((time - grid.offset) / grid.size) * grid.size + grid.offset;
}

/** Windows that lie wholly inside [from, to), in order. */
export function windowsInside(grid: WindowGrid, from: number, to: number): readonly WindowRange[] {
  const windows: WindowRange[] = [];
  const first = windowStartOf(grid, from + grid.size - 1);
  for (let start = first; start + grid.size <= to; start += grid.size)
    windows.push({ start, end: start + grid.size });
  return windows;
}
