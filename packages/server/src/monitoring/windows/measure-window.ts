import type {
  ColumnFinding,
  Evaluation,
  ModelVersion,
  MonitorWindow,
  PerformanceMetric,
} from '@esteira/contracts';
import type { ComputeWorker } from '../../kernel/compute-worker.ts';
import type { TableEngine } from '../../storage/tables/table-engine.ts';
import type { ColumnsTask, PerformanceTask } from '../monitoring-worker.ts';
import type { StoredMonitor } from '../monitors/monitor.ts';
import type { ReferenceProfiles } from '../reference/reference-profiles.ts';
import { type JudgedWindow, qualityProblems } from './judge-window.ts';
import { isRegressionMetric, type LabelledScores, type MeasuredPerformance } from './measure-performance.ts';
import { readFeatures, readLabelled, readScores, readTotals, type WindowTotals } from './read-window.ts';
import type { WindowRange } from './window-range.ts';

export interface WindowMeasurement {
  readonly tables: Pick<TableEngine, 'query' | 'numericColumns'>;
  readonly worker: ComputeWorker;
  readonly monitor: StoredMonitor;
  readonly profiles: ReferenceProfiles;
  readonly isText: (feature: string) => boolean;
  /** Features that the log of the endpoint holds. */
  readonly logged: ReadonlySet<string>;
  findVersion(id: string): Promise<ModelVersion | undefined>;
  findEvaluation(id: string): Promise<Pick<Evaluation, 'metrics'> | undefined>;
}

/** Measures one window. `predictions` holds its rows and no others; both are FROM clauses. */
export async function measureWindow(
  measurement: WindowMeasurement,
  range: WindowRange,
  predictions: string,
  labels: string,
): Promise<Omit<JudgedWindow, 'revision' | 'inputsDigest' | 'evaluatedAt'>> {
  const { tables, worker, monitor, profiles } = measurement;
  const { settings } = monitor;
  const { thresholds } = settings;
  const judge = (task: ColumnsTask, handOver: boolean) =>
    worker.call<ColumnFinding[]>('judgeColumns', task, { handOver });
  const totals = await readTotals(tables, predictions, labels);
  const { validRows } = totals;
  const watched = { ...measurement, features: profiles.features };
  const columns = await readFeatures(tables, predictions, validRows, watched);
  const drift = await judge({ reference: profiles.featureProfiles, columns, thresholds }, true);
  const version =
    totals.mainVersionId === null ? undefined : await measurement.findVersion(totals.mainVersionId);
  const scores = await readScores(tables, predictions, totals, version?.id ?? null);
  const reference = version && (await profiles.scoreProfile(version));
  // These are copied, because the performance is measured by them too.
  const [prediction] =
    reference === undefined ? [] : await judge({ reference, columns: [scores], thresholds }, false);
  return {
    monitor: monitor.name,
    endpoint: settings.endpoint,
    start: range.start,
    end: range.end,
    rows: totals.rows,
    labelledRows: totals.labelledRows,
    modelVersionIds: [...totals.modelVersionIds],
    drift,
    prediction: prediction ?? null,
    quality: {
      invalidShare: totals.invalidShare,
      problems: [...qualityProblems(settings, drift, totals.invalidShare)],
    },
    performance: await measureLabelled(measurement, { predictions, labels, totals }, scores.values, version),
    latency: {
      p50Ms: totals.p50Ms,
      p95Ms: totals.p95Ms,
      p99Ms: totals.p99Ms,
      limitMs: settings.latency?.p95Ms ?? null,
    },
    errors: {
      share: totals.errorShare,
      limit: settings.errors?.maxShare ?? null,
      fallbackShare: totals.fallbackShare,
      fallbackLimit: settings.errors?.maxFallbackShare ?? null,
    },
  };
}

async function measureLabelled(
  measurement: WindowMeasurement,
  window: { readonly predictions: string; readonly labels: string; readonly totals: WindowTotals },
  scores: Float64Array,
  version: ModelVersion | undefined,
): Promise<MonitorWindow['performance']> {
  const { tables, worker, monitor } = measurement;
  const { predictions, labels, totals } = window;
  const wanted = monitor.settings.performance;
  if (!wanted) return null;
  const { metric, threshold, minLabels, floor } = wanted;
  const all =
    totals.labelledRows > 0
      ? await readLabelled(tables, predictions, labels, totals)
      : { labels: new Float64Array(), scores: new Float64Array() };
  const unsuitable = unsuitableRows(metric, all);
  const labelled = all.labels.length;
  const usable = unsuitable === undefined && labelled >= minLabels;
  const task: PerformanceTask = {
    metric,
    threshold,
    labelled: usable ? all : { labels: new Float64Array(), scores: new Float64Array() },
    scores,
  };
  const measured = await worker.call<MeasuredPerformance & { estimated: number | null }>(
    'performance',
    task,
    {
      handOver: true,
    },
  );
  const evaluation = version && (await measurement.findEvaluation(version.evaluationId));
  const reference = metricIn(evaluation?.metrics, metric);
  return { metric, ...measured, floor, reference, reason: reason() };

  function reason(): string {
    if (unsuitable !== undefined) return unsuitable;
    if (labelled < minLabels) return `${labelled} labelled row(s); at least ${minLabels} are needed`;
    if (measured.value === null) return `${metric} is not defined on these rows: one class only`;
    return `${labelled} labelled row(s)`;
  }
}

/** The metric in the version's evaluation: on its test part, so it is what windows are expected to reach. */
function metricIn(metrics: Evaluation['metrics'] | undefined, metric: PerformanceMetric): number | null {
  const value = Object.entries(metrics ?? {}).find(([name]) => name === metric)?.[1];
  return typeof value === 'number' ? value : null;
}

function unsuitableRows(metric: PerformanceMetric, { labels, scores }: LabelledScores): string | undefined {
  if (isRegressionMetric(metric)) return undefined;
  if (!labels.every((label) => label === 0 || label === 1))
    return `${metric} is a metric of two classes, and the labels are not`;
  if ((metric === 'log_loss' || metric === 'brier') && !scores.every((score) => score >= 0 && score <= 1))
    return `${metric} is a metric of probabilities, and the scores are not`;
  return undefined;
}
