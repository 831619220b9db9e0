import type { WindowContent } from './count-windows.ts';
import { type WindowGrid, type WindowRange, windowsInside } from './window-range.ts';

/** A window to look at, with what the log holds of it; undefined where it holds nothing. */
export interface FilledWindow extends WindowRange {
  readonly content: WindowContent | undefined;
}

export interface ClosedWindows {
  readonly closed: readonly FilledWindow[];
  /** When a window that is still open should be looked at again, ms. */
  readonly closesAt: number | undefined;
}

/**
 * A window is closed when later rows have come, or when none has come for `quietMs`. `contents` are in order of time and
 * end by `now`.
 */
export function closedWindows(
  grid: WindowGrid,
  contents: readonly WindowContent[],
  now: number,
  quietMs: number,
): ClosedWindows {
  const latest = contents.at(-1)?.latestTime ?? 0;
  const closed: FilledWindow[] = [];
  let closesAt: number | undefined;
  for (const content of contents) {
    const end = content.start + grid.size;
    if (latest >= end || content.newestAt + quietMs <= now)
      closed.push({ start: content.start, end, content });
    else closesAt = content.newestAt + quietMs;
  }
  return { closed, closesAt };
}

/** Every whole window of a range, empty ones too: who names a range says that its rows are complete. */
export function wholeWindows(
  grid: WindowGrid,
  contents: readonly WindowContent[],
  range: { readonly from: number; readonly to: number },
): readonly FilledWindow[] {
  const byStart = new Map(contents.map((content) => [content.start, content]));
  return windowsInside(grid, range.from, range.to).map((window) => ({
    ...window,
    content: byStart.get(window.start),
  }));
}
