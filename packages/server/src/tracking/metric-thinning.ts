/** A point without its name. */
export interface SeriesPoint {
  readonly step: number;
  readonly at: number;
  readonly value: number;
}

export interface MetricThinning {
  /** Points in order of step and time. */
  add(point: SeriesPoint): void;
  /** The points kept, in the same order. */
  finish(): readonly SeriesPoint[];
}

/**
 * Thins `total` points to at most `limit` (≥ 10) as they stream by: the first and the last stay, and of each of equally
 * many consecutive points the lowest, the highest and one NaN, so that no peak and no gap is lost in a chart.
 */
export function createMetricThinning(total: number, limit: number): MetricThinning {
  if (total <= limit) {
    const all: SeriesPoint[] = [];
    return { add: (point) => void all.push(point), finish: () => all };
  }
  const buckets = Math.floor((limit - 2) / 3);
  const kept: SeriesPoint[] = [];
  let seen = 0;
  let bucket = 0;
  let first: SeriesPoint | undefined;
  let last: SeriesPoint | undefined;
  let extremes: { lowest?: Numbered; highest?: Numbered; gap?: Numbered } = {};

  function closeBucket(): void {
    const points = new Map<number, SeriesPoint>();
    for (const extreme of [extremes.lowest, extremes.highest, extremes.gap]) {
      if (extreme !== undefined) points.set(extreme.number, extreme.point);
    }
    for (const number of [...points.keys()].sort((a, b) => a - b)) {
      const point = points.get(number);
      if (point !== undefined && point !== first) kept.push(point);
    }
    extremes = {};
  }

  return {
    add(point) {
      const own = Math.min(buckets - 1, Math.floor((seen * buckets) / total));
      if (own !== bucket) {
        closeBucket();
        bucket = own;
      }
      const numbered = { number: seen, point };
      seen++;
      first ??= point;
      last = point;
      if (Number.isNaN(point.value)) {
        extremes.gap ??= numbered;
        return;
      }
      if (extremes.lowest === undefined || point.value < extremes.lowest.point.value)
        extremes.lowest = numbered;
      if (extremes.highest === undefined || point.value > extremes.highest.point.value)
        extremes.highest = numbered;
    },
    finish() {
      closeBucket();
      if (first !== undefined) kept.unshift(first);
      if (last !== undefined && kept.at(-1) !== last) kept.push(last);
      return kept;
    },
  };
}

interface Numbered {
  readonly number: number;
  readonly point: SeriesPoint;
}
