/** The operators of ODCS 3.1.0 that compare a measured value. */
export const operators = [
  'mustBe',
  'mustNotBe',
  'mustBeGreaterThan',
  'mustBeGreaterOrEqualTo',
  'mustBeLessThan',
  'mustBeLessOrEqualTo',
  'mustBeBetween',
  'mustNotBeBetween',
] as const;

export type Operator = (typeof operators)[number];

/** The values a check accepts: the numbers that stand in `operator` relation to `operand`. */
export interface Threshold {
  readonly operator: Operator;
  readonly operand: number | readonly [number, number];
}

/** A stretch of the number line; infinite ends are excluded. */
interface Interval {
  readonly low: number;
  readonly lowIncluded: boolean;
  readonly high: number;
  readonly highIncluded: boolean;
}

/**
 * True when the value is accepted. `mustBeBetween` is strict at both ends, as ODCS 3.1.0 defines it ("the equivalent to
 * mustBeGreaterThan and mustBeLessThan"); `mustNotBeBetween` is its opposite and accepts both ends.
 */
export function accepts(threshold: Threshold, value: number): boolean {
  for (const interval of intervalsOf(threshold)) if (holds(interval, value)) return true;
  return false;
}

/** True when every value that `narrow` accepts is accepted by `wide` too. */
export function isWithin(narrow: Threshold, wide: Threshold): boolean {
  const outer = intervalsOf(wide);
  return intervalsOf(narrow).every((inner) => outer.some((interval) => contains(interval, inner)));
}

const words: Readonly<Record<Operator, string>> = {
  mustBe: '',
  mustNotBe: 'not ',
  mustBeGreaterThan: 'more than ',
  mustBeGreaterOrEqualTo: 'at least ',
  mustBeLessThan: 'less than ',
  mustBeLessOrEqualTo: 'at most ',
  mustBeBetween: 'between (ends excluded) ',
  mustNotBeBetween: 'not between (ends excluded) ',
};

/** The threshold in words: `at most 0.01 %`. */
export function describeThreshold(threshold: Threshold, unit: string): string {
  const { operand } = threshold;
  const amount = typeof operand === 'number' ? String(operand) : `${operand[0]} and ${operand[1]}`;
  return `${words[threshold.operator]}${amount}${unit === '' ? '' : ` ${unit}`}`;
}

function intervalsOf({ operator, operand }: Threshold): readonly Interval[] {
  if (typeof operand !== 'number') {
    const [low, high] = operand;
    return operator === 'mustBeBetween'
      ? [interval(low, false, high, false)]
      : [below(low, true), above(high, true)];
  }
  switch (operator) {
    case 'mustBe':
      return [interval(operand, true, operand, true)];
    case 'mustNotBe':
      return [below(operand, false), above(operand, false)];
    case 'mustBeGreaterThan':
      return [above(operand, false)];
    case 'mustBeGreaterOrEqualTo':
      return [above(operand, true)];
    case 'mustBeLessThan':
      return [below(operand, false)];
    default:
      return [below(operand, true)];
  }
}

function below(high: number, highIncluded: boolean): Interval {
  return interval(Number.NEGATIVE_INFINITY, false, high, highIncluded);
}

function above(low: number, lowIncluded: boolean): Interval {
  return interval(low, lowIncluded, Number.POSITIVE_INFINITY, false);
}

function interval(low: number, lowIncluded: boolean, high: number, highIncluded: boolean): Interval {
  return { low, lowIncluded, high, highIncluded };
}

function holds({ low, lowIncluded, high, highIncluded }: Interval, value: number): boolean {
  const aboveLow = lowIncluded ? value >= low : value > low;
  return aboveLow && (highIncluded ? value <= high : value < high);
}

function contains(outer: Interval, inner: Interval): boolean {
  const lowFits =
    inner.low > outer.low || (inner.low === outer.low && (outer.lowIncluded || !inner.lowIncluded));
  const highFits =
    inner.high < outer.high || (inner.high === outer.high && (outer.highIncluded || !inner.highIncluded));
  return lowFits && highFits;
}
