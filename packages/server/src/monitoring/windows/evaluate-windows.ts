import { createHash } from 'node:crypto';
import type { JsonValue, MonitorWindow } from '@esteira/contracts';
import { z } from 'zod';
import type { JobRun } from '../../jobs/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { openComputeWorker } from '../../kernel/compute-worker.ts';
import { EsteiraError, esteiraError } from '../../kernel/errors.ts';
import type { AlertsService } from '../alerts/alerts-service.ts';
import { earliestLabelledSince } from '../labels/label-store.ts';
import type { LabelsService } from '../labels/labels-service.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import { findLiveModel, type LiveModel } from '../monitors/live-model.ts';
import { gridOf, type StoredMonitor } from '../monitors/monitor.ts';
import { findMonitor, noteEvaluation } from '../monitors/monitor-store.ts';
import { openReference } from '../reference/open-reference.ts';
import { openProfiles } from '../reference/reference-profiles.ts';
import { closedWindows, wholeWindows } from './closed-windows.ts';
import { countWindows, type WindowContent } from './count-windows.ts';
import { type EvaluationSchedule, quietMs } from './evaluation-schedule.ts';
import { type JudgedWindow, judgeWindow } from './judge-window.ts';
import { measureWindow, type WindowMeasurement } from './measure-window.ts';
import { loggedFeatures } from './read-window.ts';
import { windowStartOf } from './window-range.ts';
import { inputsOfWindows, saveWindow } from './window-store.ts';
import { summarizeWindow } from './window-summaries.ts';

export interface EvaluateDeps extends MonitoringDeps {
  readonly labels: LabelsService;
  readonly alerts: AlertsService;
  readonly schedule: EvaluationSchedule;
  /** Called after windows were evaluated, with what is on record now. */
  onEvaluated(context: RequestContext, monitor: StoredMonitor): Promise<void>;
}

const Payload = z.object({
  monitor: z.string(),
  from: z.number().optional(),
  to: z.number().optional(),
});

/** Windows that an evaluation of its own accord looks back over; late labels reach farther. */
const lookback = 60;
const mostWindows = 1000;

/**
 * The job `monitoring.evaluate`: measures and judges the windows of a monitor that are closed and new, or whose rows or
 * labels have changed. With `from` and `to`, every whole window between them, closed or not, empty ones too.
 */
export function createEvaluateJob(deps: EvaluateDeps): (run: JobRun) => Promise<JsonValue> {
  return async ({ job, context, signal, progress }) => {
    const { monitor: name, from, to } = Payload.parse(job.payload);
    const monitor = await findMonitor(deps.sql, context.workspace, name);
    if (!monitor) throw esteiraError('MONITOR_NOT_FOUND', { name });
    if (monitor.settings.paused) return { evaluated: 0, paused: true };
    try {
      return await evaluate(deps, context, monitor, { from, to }, { signal, progress });
    } catch (error) {
      signal.throwIfAborted();
      const problem = error instanceof EsteiraError ? error.what : 'the evaluation failed; see the log';
      const at = deps.clock.now();
      await deps.sql.transaction((tx) => noteEvaluation(tx, monitor, { at, problem }));
      throw error;
    } finally {
      // The chain of timers goes on whatever happened.
      if (!signal.aborted)
        await deps.sql.transaction((tx) => deps.schedule.atWindowEnd(tx, context, monitor));
    }
  };
}

async function evaluate(
  deps: EvaluateDeps,
  context: RequestContext,
  monitor: StoredMonitor,
  asked: { readonly from: number | undefined; readonly to: number | undefined },
  { signal, progress }: Pick<JobRun, 'signal' | 'progress'>,
): Promise<JsonValue> {
  const { workspace } = context;
  const { settings } = monitor;
  const begun = deps.clock.now();
  const live = await findLiveModel(deps, workspace, settings.endpoint);
  if (!live) throw esteiraError('MONITORED_ENDPOINT_NOT_FOUND', { endpoint: settings.endpoint });
  const range = await rangeOf(deps, monitor, asked);
  const predictions = await deps.serving.predictions.open(workspace, settings.endpoint, range);
  const labels = await deps.labels.open(workspace, settings.endpoint, range);
  const contents = await countWindows(deps.tables, predictions.from, labels, gridOf(settings));
  const known = await inputsOfWindows(deps.sql, workspace, monitor.id, range);
  const { closed, closesAt } =
    asked.from === undefined
      ? closedWindows(gridOf(settings), contents, begun, quietMs)
      : { closed: wholeWindows(gridOf(settings), contents, range), closesAt: undefined };
  const due = closed
    .filter(({ content, start }) => known.get(start)?.digest !== inputsDigest(monitor, content))
    .slice(-mostWindows);

  if (due.length > 0) {
    const worker = openComputeWorker(new URL('../monitoring-worker.ts', import.meta.url), signal);
    try {
      progress(0, 'opening the reference');
      const reference = await openReference(deps, workspace, settings.reference);
      const kinds = new Map(reference.columns.map((column) => [column.name, column.kind]));
      const measurement: WindowMeasurement = {
        tables: deps.tables,
        worker,
        monitor,
        profiles: await openProfiles(deps, monitor, reference, live.version, worker),
        isText: (feature) => kinds.get(feature) === 'string',
        logged: await loggedFeatures(deps.tables, predictions.from),
        findVersion: (id) => deps.registry.findVersion(workspace, id),
        findEvaluation: (id) => deps.evaluation.find(workspace, id),
      };
      for (const [position, window] of due.entries()) {
        signal.throwIfAborted();
        progress(position / due.length, `window ${position + 1} of ${due.length}`);
        const inside = `(select * from ${predictions.from} where "time" >= ${window.start} and "time" < ${window.end})`;
        const measured = await measureWindow(measurement, window, inside, labels);
        const inputs = inputsDigest(monitor, window.content);
        const revision = (known.get(window.start)?.revision ?? 0) + 1;
        await keep(deps, context, monitor, live, {
          ...measured,
          inputsDigest: inputs,
          revision,
          evaluatedAt: begun,
        });
      }
    } finally {
      await worker.close();
    }
  }

  const latest = contents.filter(({ latestTime }) => latestTime < begun).at(-1)?.latestTime;
  await deps.sql.transaction(async (tx) => {
    await noteEvaluation(tx, monitor, { at: begun, ...(latest === undefined ? {} : { watermark: latest }) });
    if (closesAt !== undefined) await deps.schedule.at(tx, context, monitor, closesAt);
  });
  await deps.onEvaluated(context, monitor);
  return { evaluated: due.length, unchanged: closed.length - due.length };
}

async function rangeOf(
  deps: EvaluateDeps,
  monitor: StoredMonitor,
  asked: { readonly from: number | undefined; readonly to: number | undefined },
): Promise<{ from: number; to: number }> {
  const grid = gridOf(monitor.settings);
  const to = asked.to ?? windowStartOf(grid, deps.clock.now());
  if (asked.from !== undefined) return checkedRange(grid.size, asked.from, to);
  const { watermark, evaluatedAt } = monitor;
  if (watermark === undefined || evaluatedAt === undefined) return { from: 0, to };
  const { endpoint } = monitor.settings;
  const late = await earliestLabelledSince(deps.sql, monitor.workspace, endpoint, evaluatedAt);
  const looked = windowStartOf(grid, watermark) - lookback * grid.size;
  return { from: late === undefined ? looked : Math.min(looked, windowStartOf(grid, late)), to };
}

function checkedRange(size: number, from: number, to: number): { from: number; to: number } {
  if (from >= to)
    throw esteiraError('MONITOR_WINDOW_INVALID', { problem: 'from is not before to', limit: mostWindows });
  if ((to - from) / size > mostWindows) {
    const problem = `${Math.ceil((to - from) / size)} windows lie between from and to`;
    throw esteiraError('MONITOR_WINDOW_INVALID', { problem, limit: mostWindows });
  }
  return { from, to };
}

async function keep(
  deps: EvaluateDeps,
  context: RequestContext,
  monitor: StoredMonitor,
  live: LiveModel,
  judged: JudgedWindow,
): Promise<void> {
  const observations = judgeWindow(monitor.settings, judged);
  const verdicts: MonitorWindow['verdicts'] = {};
  for (const [signal, { verdict }] of observations) verdicts[signal] = verdict;
  await deps.sql.transaction(async (tx) => {
    const { start, end } = judged;
    // Another replica may have evaluated the monitor at the same time: alerts count each revision of a window once.
    const range = { from: start, to: end };
    const known = (await inputsOfWindows(tx, context.workspace, monitor.id, range)).get(start);
    if ((known?.revision ?? 0) !== judged.revision - 1) return;
    await saveWindow(tx, context.workspace, monitor.id, { ...judged, verdicts });
    await deps.alerts.observe(
      tx,
      context,
      monitor,
      { start, end, summaries: summarizeWindow(judged) },
      observations,
    );
    if (judged.rows > 0 && judged.revision === 1) {
      const node = { kind: 'monitor' as const, id: monitor.id };
      await deps.projects.reach(tx, context, live.endpoint.project, 'monitoring', node);
    }
  });
}

function inputsDigest({ revision }: StoredMonitor, content: WindowContent | undefined): string {
  const inputs = JSON.stringify([revision, content?.mark ?? null]);
  return `sha256:${createHash('sha256').update(inputs).digest('hex')}`;
}
