import type { MetricValue } from '@esteira/contracts';

/** The value as JSON can carry it. */
export function metricToWire(value: number): MetricValue {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'Infinity';
  return value === -Infinity ? '-Infinity' : value;
}

/** The number a wire value stands for. */
export function metricFromWire(value: MetricValue): number {
  return typeof value === 'number' ? value : Number(value);
}

/** One measurement of a metric. */
export interface MetricPoint {
  readonly name: string;
  readonly value: number;
  readonly step: number;
  /** Milliseconds. */
  readonly at: number;
}

/** Whether `next` is shown as the latest value instead of `current`: highest step, then time, then value; NaN is lowest. */
export function isLater(next: Omit<MetricPoint, 'name'>, current: Omit<MetricPoint, 'name'>): boolean {
  if (next.step !== current.step) return next.step > current.step;
  if (next.at !== current.at) return next.at > current.at;
  if (Number.isNaN(next.value)) return false;
  return Number.isNaN(current.value) || next.value > current.value;
}
