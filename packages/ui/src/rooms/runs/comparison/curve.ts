import type { Answer } from '../../../api/answers.ts';

type Point = Answer<'tracking', 'metricHistory'>['points'][number];

/** What stands on the horizontal axis: steps, moments, or seconds since the first point of the run. */
export const curveAxes = ['step', 'time', 'relative'] as const;
export type CurveAxis = (typeof curveAxes)[number];

interface CurveManner {
  readonly axis: CurveAxis;
  /** 0 leaves values as they were logged; nearer to 1, more of what came before weighs in. */
  readonly smoothing: number;
  /** Values that a logarithm does not have leave gaps. */
  readonly logarithmic: boolean;
}

/** The line of a metric: `[x, y]` by rising x; null leaves a gap, as NaN and the infinities do. */
export function curveOf(
  points: readonly Point[],
  { axis, smoothing, logarithmic }: CurveManner,
): readonly (readonly [number, number | null])[] {
  const first = Math.min(...points.map(({ at }) => at));
  const place = ({ step, at }: Point): number =>
    axis === 'step' ? step : axis === 'time' ? at : (at - first) / 1000;
  const ordered = axis === 'step' ? points : points.toSorted((left, right) => left.at - right.at);
  const values = smoothed(
    ordered.map(({ value }) => (typeof value === 'number' ? value : null)),
    smoothing,
  );
  return ordered.map((point, index) => {
    const value = values[index] ?? null;
    return [place(point), logarithmic && value !== null && value <= 0 ? null : value] as const;
  });
}

/**
 * Exponential moving average without the pull to zero at its beginning (Kingma and Ba 2015, section 3). Gaps stay, and weigh
 * nothing.
 */
function smoothed(values: readonly (number | null)[], weight: number): readonly (number | null)[] {
  let sum = 0;
  let mass = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return sum / mass;
  });
}
