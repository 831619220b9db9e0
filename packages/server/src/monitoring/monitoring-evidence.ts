import type { EvidenceReader } from '../governance/index.ts';
import { listAlertRoutes } from './alerts/alert-route-store.ts';
import { listSilences } from './alerts/silence-store.ts';
import type { MonitoringDeps } from './monitoring-deps.ts';
import type { MonitorService } from './monitors/monitor-service.ts';
import { listMonitors } from './monitors/monitor-store.ts';
import { listPolicies } from './retraining/retraining-policy-store.ts';
import { driftLimits } from './windows/drift-methods.ts';

/** What gates may know of monitoring: `monitor`, `alertRoutes`, `retrainingPolicy`. */
export function createMonitoringEvidence(
  deps: Pick<MonitoringDeps, 'sql' | 'clock'> & { readonly monitors: MonitorService },
): readonly EvidenceReader[] {
  const { sql, clock } = deps;
  return [
    {
      name: 'monitor',
      async read({ workspace }, { endpoint }) {
        const all = await listMonitors(sql, workspace, { endpoint });
        const monitor = all.find(({ settings }) => !settings.paused) ?? all[0];
        if (!monitor) return undefined;
        const { settings, name } = monitor;
        const limits = driftLimits(settings.thresholds);
        return {
          name,
          endpoint,
          paused: settings.paused,
          reference: settings.reference.splitId ?? settings.reference.versionId ?? null,
          columns: (await deps.monitors.describe(monitor)).watched.length,
          window: settings.window,
          thresholds: new Set([...limits.numeric, ...limits.categorical].map(({ method }) => method)).size,
          performanceFloor: settings.performance !== undefined,
          route: settings.route,
        };
      },
    },
    {
      name: 'alertRoutes',
      async read({ workspace }, { endpoint }) {
        const monitors = (await listMonitors(sql, workspace, { endpoint })).filter(
          ({ settings }) => !settings.paused,
        );
        if (monitors.length === 0) return undefined;
        const kinds = new Set<string>();
        for (const { settings } of monitors) {
          kinds.add('drift');
          if (settings.performance) kinds.add('performance');
          if (settings.latency) kinds.add('latency');
          if (settings.errors) kinds.add('errors');
        }
        const used = new Set(monitors.map(({ settings }) => settings.route));
        const names = new Set(monitors.map(({ name }) => name));
        const silences = await listSilences(sql, workspace, clock.now());
        return {
          endpoint,
          routes: (await listAlertRoutes(sql, workspace))
            .filter(({ name }) => used.has(name))
            .map(({ name, acknowledgedTestAt }) => ({ name, acknowledgedTestAt })),
          kinds: [...kinds].sort(),
          silencedWithoutEnd: silences.filter(
            ({ monitor, endsAt }) => endsAt === null && (monitor === null || names.has(monitor)),
          ).length,
        };
      },
    },
    {
      name: 'retrainingPolicy',
      async read({ workspace }, { endpoint }) {
        const policies = await listPolicies(sql, workspace, { endpoint });
        const policy = policies.find(({ enabled }) => enabled) ?? policies[0];
        if (!policy) return undefined;
        const { name, pipeline, triggers, enabled } = policy;
        return { name, endpoint, pipeline, triggers, enabled };
      },
    },
  ];
}
