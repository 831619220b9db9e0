/** What an alert can be about. Where one mutes another: data quality → drift → estimated performance. */
export const alertSignals = [
  'data-quality',
  'drift',
  'prediction-drift',
  'performance',
  'performance-estimate',
  'latency',
  'errors',
] as const;
export type AlertSignal = (typeof alertSignals)[number];
