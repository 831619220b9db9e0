/** Counts and times for whoever watches the installation. Rooms know this seam alone, never who asks for the numbers. */
export interface Meter {
  /** Nobody asks otherwise, and callers may leave out what costs. */
  readonly active: boolean;
  /** Only grows; the name ends in `_total`. */
  counter<L extends string>(metric: Metric<L>): Counter<L>;
  /** How values spread; `buckets` are upper bounds in the base unit of the name. */
  histogram<L extends string>(metric: Metric<L> & { readonly buckets: readonly number[] }): Histogram<L>;
  /** Read when somebody asks. What does not answer in time is left out of that answer. */
  gauge<L extends string>(metric: Metric<L>, read: () => Promise<readonly Reading<L>[]>): void;
}

/** Named as Prometheus wants it: `esteira_<what>_<base unit>`. Labels take few values, never ids. */
interface Metric<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
}

export interface Counter<L extends string> {
  add(labels: Readonly<Record<L, string>>, amount?: number): void;
}

interface Histogram<L extends string> {
  observe(labels: Readonly<Record<L, string>>, value: number): void;
}

export interface Reading<L extends string> {
  readonly labels: Readonly<Record<L, string>>;
  readonly value: number;
}

/** Seconds, from what a cache answers to what a person no longer waits for. */
export const secondsBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

export const noMeter: Meter = {
  active: false,
  counter: () => ({ add() {} }),
  histogram: () => ({ observe() {} }),
  gauge() {},
};
