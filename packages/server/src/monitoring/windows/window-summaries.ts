import type { AlertSignal } from '@esteira/contracts';
import type { JudgedWindow } from './judge-window.ts';

const mostNamed = 5;

/** What the alert of each signal says about a window that breaches. */
export function summarizeWindow(window: JudgedWindow): ReadonlyMap<AlertSignal, string> {
  const { drift, prediction, quality, performance, latency, errors } = window;
  const summaries = new Map<AlertSignal, string>();
  const worst = drift
    .filter(({ breach }) => breach)
    .sort((a, b) => excess(b) - excess(a))
    .slice(0, mostNamed);
  summaries.set('drift', worst.map(({ column, reason }) => `${column}: ${reason}`).join('; '));
  if (prediction) summaries.set('prediction-drift', `${prediction.column}: ${prediction.reason}`);
  summaries.set('data-quality', quality.problems.join(', '));
  if (performance) {
    const { metric, value, estimated, floor, lower, upper, reason } = performance;
    const interval = lower === null || upper === null ? '' : ` (95 %: ${shown(lower)} to ${shown(upper)})`;
    summaries.set('performance', `${metric} ${shown(value)}${interval}, limit ${floor}, on ${reason}`);
    summaries.set('performance-estimate', `${metric} is estimated at ${shown(estimated)}, limit ${floor}`);
  }
  summaries.set('latency', `p95 ${shown(latency.p95Ms)} ms, limit ${latency.limitMs} ms`);
  summaries.set(
    'errors',
    `error share ${shown(errors.share)}, limit ${errors.limit}; fallback share ${shown(errors.fallbackShare)}`,
  );
  return summaries;
}

function excess({ distance, threshold }: JudgedWindow['drift'][number]): number {
  return (distance ?? 0) / (threshold ?? 1);
}

function shown(value: number | null): string {
  return value === null ? 'unknown' : Number(value.toPrecision(4)).toString();
}
