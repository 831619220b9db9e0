import { systemActor } from '../governance/index.ts';
import { createAlertRoutesService } from './alerts/alert-routes-service.ts';
import { createAlertsService } from './alerts/alerts-service.ts';
import { tellOveruse } from './alerts/tell-overuse.ts';
import { createLabelsService } from './labels/labels-service.ts';
import type { MonitoringDeps } from './monitoring-deps.ts';
import { createMonitoringEvidence } from './monitoring-evidence.ts';
import { createMonitoringRoutes } from './monitoring-routes.ts';
import type { StoredMonitor } from './monitors/monitor.ts';
import { createMonitorService } from './monitors/monitor-service.ts';
import { createRetrainingService, retrainJobKind } from './retraining/retraining-service.ts';
import { createRetrainingRuns } from './retraining/run-retraining.ts';
import { createEvaluateJob } from './windows/evaluate-windows.ts';
import { createEvaluationSchedule, evaluateJobKind } from './windows/evaluation-schedule.ts';
import { watchPredictions } from './windows/watch-predictions.ts';

export { monitoringRetention } from './monitoring-retention.ts';

/** The room monitoring. Registers its jobs and its event subscriptions: call it before jobs and events start. */
export function createMonitoring(deps: MonitoringDeps) {
  const schedule = createEvaluationSchedule(deps);
  const alerts = createAlertsService(deps);
  const labels = createLabelsService({
    ...deps,
    onLabels: (tx, context, endpoint) => schedule.soon(tx, context, endpoint),
  });
  const monitors = createMonitorService({ ...deps, alerts, schedule });
  const alertRoutes = createAlertRoutesService(deps);
  const retraining = createRetrainingService({ ...deps, labels });
  const runs = createRetrainingRuns(deps);
  const onEvaluated = (context: Parameters<typeof retraining.consider>[0], monitor: StoredMonitor) =>
    retraining.consider(context, monitor);
  const evaluate = createEvaluateJob({ ...deps, labels, alerts, schedule, onEvaluated });

  // One at a time: two evaluations of one monitor would judge the same windows, and the work is heavy anyway.
  deps.jobs.register(evaluateJobKind, evaluate, { concurrency: 1 });
  deps.jobs.register(retrainJobKind, (run) => runs.start(run));
  deps.events.subscribe('pipeline-run.finished', 'monitoring.retraining', (event) =>
    runs.conclude(event.workspace, event.payload),
  );
  watchPredictions({ ...deps, schedule }, systemActor);
  tellOveruse(deps);

  return {
    routes: createMonitoringRoutes({ ...deps, monitors, labels, alerts, alertRoutes, retraining }),
    evidenceReaders: createMonitoringEvidence({ ...deps, monitors }),
  };
}
