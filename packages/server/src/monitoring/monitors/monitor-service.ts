import { isDeepStrictEqual } from 'node:util';
import type { Monitor, NewMonitor } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { findAlertRoute } from '../alerts/alert-route-store.ts';
import { listSignals } from '../alerts/alert-store.ts';
import type { AlertsService } from '../alerts/alerts-service.ts';
import { labelTypeOf } from '../labels/label-type.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import { openReference } from '../reference/open-reference.ts';
import { watchedFeatures } from '../reference/reference-profiles.ts';
import { listReferences } from '../reference/reference-store.ts';
import { type EvaluationSchedule, evaluateJobKind } from '../windows/evaluation-schedule.ts';
import { isRegressionMetric } from '../windows/measure-performance.ts';
import { listWindows } from '../windows/window-store.ts';
import { findLiveModel, type LiveModel } from './live-model.ts';
import { gridOf, type StoredMonitor, scoreColumn, signalsOf, watchesScore } from './monitor.ts';
import { findMonitor, insertMonitor, updateMonitor } from './monitor-store.ts';

export interface MonitorService {
  /**
   * Creates or changes a monitor. Throws MONITORED_ENDPOINT_NOT_FOUND, ALERT_ROUTE_NOT_FOUND,
   * MONITOR_REFERENCE_UNUSABLE, MONITOR_METRIC_UNSUITABLE, INVALID_REQUEST.
   */
  put(context: RequestContext, name: string, settings: NewMonitor): Promise<StoredMonitor>;
  /** Throws MONITOR_NOT_FOUND. */
  get(workspace: string, name: string): Promise<StoredMonitor>;
  /** Puts an evaluation into the queue; returns the job's id. Throws MONITOR_NOT_FOUND. */
  requestEvaluation(
    context: RequestContext,
    name: string,
    range: { readonly from?: number | undefined; readonly to?: number | undefined },
  ): Promise<string>;
  describe(monitor: StoredMonitor): Promise<Monitor>;
}

type Deps = MonitoringDeps & { readonly alerts: AlertsService; readonly schedule: EvaluationSchedule };

export function createMonitorService(deps: Deps): MonitorService {
  const { sql, clock, ids } = deps;

  async function get(workspace: string, name: string): Promise<StoredMonitor> {
    const monitor = await findMonitor(sql, workspace, name);
    if (!monitor) throw esteiraError('MONITOR_NOT_FOUND', { name });
    return monitor;
  }

  return {
    async put(context, name, settings) {
      const { workspace, actor } = context;
      const live = await findLiveModel(deps, workspace, settings.endpoint);
      if (!live) throw esteiraError('MONITORED_ENDPOINT_NOT_FOUND', { endpoint: settings.endpoint });
      watchedFeatures(settings, await openReference(deps, workspace, settings.reference), live.version);
      requireSuitableMetric(settings, live);
      return await sql.transaction(async (tx) => {
        if (!(await findAlertRoute(tx, workspace, settings.route)))
          throw esteiraError('ALERT_ROUTE_NOT_FOUND', { name: settings.route });
        const before = await findMonitor(tx, workspace, name);
        if (before && isDeepStrictEqual(before.settings, settings)) return before;
        const now = clock.now();
        const changesResults = before !== undefined && !sameResults(before.settings, settings);
        const monitor: StoredMonitor = {
          workspace,
          id: before?.id ?? ids.next('mon'),
          name,
          settings,
          revision: (before?.revision ?? 1) + (changesResults ? 1 : 0),
          watermark: before?.watermark,
          evaluatedAt: before?.evaluatedAt,
          problem: before?.problem,
          createdBy: before?.createdBy ?? actor.id,
          createdAt: before?.createdAt ?? now,
          updatedAt: now,
        };
        if (before) {
          const afresh = movesWindows(before.settings, settings);
          await updateMonitor(tx, monitor, afresh);
          const watched = afresh ? [] : signalsOf(settings);
          await deps.alerts.close(
            tx,
            context,
            before,
            watched,
            'the monitor was changed and watches this no more',
          );
        } else {
          await insertMonitor(tx, monitor);
        }
        await deps.lineage.link(tx, context, {
          from: { kind: 'endpoint', id: settings.endpoint },
          to: { kind: 'monitor', id: monitor.id },
          relation: 'watched-by',
        });
        await deps.audit.record(tx, context, {
          action: before ? 'monitoring.monitor.changed' : 'monitoring.monitor.created',
          subject: { kind: 'monitor', id: monitor.id },
          details: { name, endpoint: settings.endpoint, revision: monitor.revision, paused: settings.paused },
        });
        await deps.schedule.soon(tx, context, settings.endpoint);
        await deps.schedule.atWindowEnd(tx, context, monitor);
        return monitor;
      });
    },

    get,

    async requestEvaluation(context, name, range) {
      const monitor = await get(context.workspace, name);
      const { from, to } = range;
      return await sql.transaction((tx) =>
        deps.jobs.enqueue(tx, context, {
          kind: evaluateJobKind,
          payload: {
            monitor: monitor.name,
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
          },
        }),
      );
    },

    async describe(monitor) {
      const { workspace, settings } = monitor;
      const [profile] = (await listReferences(sql, workspace, monitor.id)).filter(
        ({ modelVersionId }) => modelVersionId === null,
      );
      const [last] = await listWindows(sql, workspace, monitor.id, { limit: 1 });
      const phases = await listSignals(sql, workspace, monitor.id);
      const signals: Monitor['signals'] = {};
      for (const signal of signalsOf(settings)) signals[signal] = phases.get(signal)?.state.phase ?? 'ok';
      return {
        ...settings,
        id: monitor.id,
        name: monitor.name,
        revision: monitor.revision,
        watched: [...(await watchedNow(monitor))],
        profile: profile
          ? {
              digest: profile.digest,
              rows: profile.rows,
              columns: profile.columns,
              chunks: profile.chunks,
              modelVersionId: profile.modelVersionId,
              createdAt: profile.createdAt,
            }
          : null,
        signals,
        lastWindow: last ? { start: last.start, end: last.end, rows: last.rows } : null,
        problem: monitor.problem ?? null,
        createdBy: monitor.createdBy,
        createdAt: monitor.createdAt,
        updatedAt: monitor.updatedAt,
      };
    },
  };

  async function watchedNow({ workspace, settings }: StoredMonitor): Promise<readonly string[]> {
    if (settings.columns) return settings.columns;
    const live = await findLiveModel(deps, workspace, settings.endpoint);
    const reference = await openReference(deps, workspace, settings.reference);
    const features = watchedFeatures(settings, reference, live?.version);
    return watchesScore(settings) ? [...features, scoreColumn] : features;
  }
}

function requireSuitableMetric(settings: NewMonitor, { version }: LiveModel): void {
  if (!settings.performance || !version) return;
  const { metric } = settings.performance;
  const isNumber = labelTypeOf(version.signature).kind === 'number';
  if (isNumber === isRegressionMetric(metric)) return;
  throw esteiraError('MONITOR_METRIC_UNSUITABLE', {
    metric,
    endpoint: settings.endpoint,
    task: isNumber ? 'numbers' : 'classes',
  });
}

/** Whether windows come out the same; names and timing of alerts do not change what was measured. */
function sameResults(before: NewMonitor, after: NewMonitor): boolean {
  const measured = ({ route: _route, paused: _paused, ...rest }: NewMonitor) => rest;
  return isDeepStrictEqual(measured(before), measured(after));
}

function movesWindows(before: NewMonitor, after: NewMonitor): boolean {
  return before.endpoint !== after.endpoint || !isDeepStrictEqual(gridOf(before), gridOf(after));
}
