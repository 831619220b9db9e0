/** Which rows of a long list are drawn, counted from 0; `until` is behind the last. */
export interface DrawnRows {
  readonly from: number;
  readonly until: number;
}

/** Rows beyond the edges, so that a turn of the wheel meets drawn ones. */
const beyond = 12;
/** Rows by which the window moves at once: fewer drawings for the same way. */
const stride = 6;

/** The rows to draw for a window of a list whose rows are all equally high; sizes in pixels. */
export function drawnRows(window: {
  readonly scrolled: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly count: number;
}): DrawnRows {
  const { scrolled, height, rowHeight, count } = window;
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - beyond);
  const last = Math.ceil((scrolled + height) / rowHeight) + beyond;
  return {
    from: Math.min(Math.floor(first / stride) * stride, Math.max(0, count - 1)),
    until: Math.min(Math.ceil(last / stride) * stride, count),
  };
}
