import type { AlertSignal, ColumnFinding, MonitorWindow, NewMonitor } from '@esteira/contracts';
import type { Observation } from '../alerts/alert-machine.ts';
import { signalsOf } from '../monitors/monitor.ts';
import { isMaximized } from './measure-performance.ts';

export type JudgedWindow = Omit<MonitorWindow, 'verdicts'>;

/** What a window says about each signal of its monitor. */
export function judgeWindow(
  settings: NewMonitor,
  window: JudgedWindow,
): ReadonlyMap<AlertSignal, Observation> {
  const observations = new Map<AlertSignal, Observation>();
  for (const signal of signalsOf(settings)) {
    const judged = judgeSignal(signal, settings, window);
    observations.set(signal, { start: window.start, ...judged });
  }
  return observations;
}

/** Problems of the data themselves: missing, out of range, refused. */
export function qualityProblems(
  settings: NewMonitor,
  findings: readonly ColumnFinding[],
  invalidShare: number | null,
): readonly string[] {
  const { thresholds } = settings;
  const problems: string[] = [];
  for (const { column, missing, outOfRange, rows } of findings) {
    const rise = (missing.window ?? 0) - (missing.reference ?? 0);
    if (rise > thresholds.missing && missing.p !== null && missing.p < thresholds.alpha)
      problems.push(`missing ${column}`);
    if (rows >= thresholds.minRows && outOfRange !== null && outOfRange > thresholds.outOfRange)
      problems.push(`range of ${column}`);
  }
  if (invalidShare !== null && invalidShare > thresholds.invalid) problems.push('invalid requests');
  return problems;
}

function judgeSignal(
  signal: AlertSignal,
  settings: NewMonitor,
  window: JudgedWindow,
): Pick<Observation, 'verdict' | 'causes'> {
  const { performance, latency, errors, drift, prediction, quality } = window;
  const enough = window.rows >= settings.thresholds.minRows;
  switch (signal) {
    case 'data-quality':
      return verdictOf(enough ? quality.problems : undefined);
    case 'drift': {
      const judged = drift.filter(({ distance }) => distance !== null);
      if (judged.length === 0) return verdictOf(undefined);
      return verdictOf(judged.filter(({ breach }) => breach).map(({ column }) => column));
    }
    case 'prediction-drift':
      if (!prediction || prediction.distance === null) return verdictOf(undefined);
      return verdictOf(prediction.breach ? [prediction.column] : []);
    case 'performance':
      return performance ? verdictOfPerformance(performance, performance.value) : verdictOf(undefined);
    case 'performance-estimate':
      // Where labels have come there is nothing to estimate.
      if (!performance || performance.value !== null || !enough) return verdictOf(undefined);
      return verdictOfPerformance(performance, performance.estimated);
    case 'latency':
      if (latency.p95Ms === null || latency.limitMs === null) return verdictOf(undefined);
      return verdictOf(latency.p95Ms > latency.limitMs ? ['p95'] : []);
    case 'errors': {
      if (errors.share === null || errors.limit === null) return verdictOf(undefined);
      const causes = errors.share > errors.limit ? ['errors'] : [];
      const { fallbackShare, fallbackLimit } = errors;
      if (fallbackShare !== null && fallbackLimit !== null && fallbackShare > fallbackLimit)
        causes.push('fallbacks');
      return verdictOf(causes);
    }
  }
}

function verdictOfPerformance(
  { metric, floor }: NonNullable<JudgedWindow['performance']>,
  value: number | null,
): Pick<Observation, 'verdict' | 'causes'> {
  if (value === null) return verdictOf(undefined);
  const worse = isMaximized(metric) ? value < floor : value > floor;
  return verdictOf(worse ? [metric] : []);
}

function verdictOf(causes: readonly string[] | undefined): Pick<Observation, 'verdict' | 'causes'> {
  if (causes === undefined) return { verdict: 'unknown', causes: [] };
  return { verdict: causes.length > 0 ? 'breach' : 'ok', causes };
}
