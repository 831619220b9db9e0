import type {
  AlertSignal,
  NewRetrainingPolicy,
  Reference,
  RetrainingPolicy,
  RetrainingTrigger,
} from '@esteira/contracts';
import { requirePermission } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { listAlerts, type StoredAlert } from '../alerts/alert-store.ts';
import type { LabelsService } from '../labels/labels-service.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import { findLiveModel } from '../monitors/live-model.ts';
import type { StoredMonitor } from '../monitors/monitor.ts';
import { listMonitors } from '../monitors/monitor-store.ts';
import { listWindows } from '../windows/window-store.ts';
import { findPolicyOwner } from './policy-owner.ts';
import { guardRetraining, type RetrainingFacts } from './retraining-guards.ts';
import { findPolicy, listPolicies, savePolicy } from './retraining-policy-store.ts';
import {
  findRetrainingByCause,
  listStarts,
  type StoredRetraining,
  saveRetraining,
} from './retraining-run-store.ts';
import { fillParameters } from './retraining-template.ts';

export const retrainJobKind = 'monitoring.retrain';

export interface RetrainingService {
  /** Throws MONITORED_ENDPOINT_NOT_FOUND, RETRAINING_TEMPLATE_INVALID, FORBIDDEN. */
  put(context: RequestContext, name: string, settings: NewRetrainingPolicy): Promise<RetrainingPolicy>;
  /** Throws RETRAINING_POLICY_NOT_FOUND. */
  get(workspace: string, name: string): Promise<RetrainingPolicy>;
  /** Somebody asks for it. The guards decide. Throws RETRAINING_POLICY_NOT_FOUND, RETRAINING_TEMPLATE_INVALID. */
  trigger(context: RequestContext, name: string, request: ManualTrigger): Promise<StoredRetraining>;
  /** The open alerts of a monitor ask for it: once for each window that breaches. */
  consider(context: RequestContext, monitor: StoredMonitor): Promise<void>;
}

interface ManualTrigger {
  readonly reason: string;
  readonly windowStart?: number | undefined;
  readonly windowEnd?: number | undefined;
}

/** What asks for a retraining. */
interface Cause {
  readonly trigger: RetrainingTrigger;
  readonly reason: string;
  readonly key: string | null;
  readonly monitorId: string | null;
  readonly alertId: string | null;
  readonly windowStart: number | null;
  readonly windowEnd: number | null;
}

const day = 86_400_000;

const triggerOf: Readonly<Partial<Record<AlertSignal, RetrainingTrigger>>> = {
  drift: 'drift',
  'prediction-drift': 'drift',
  performance: 'performance',
  'performance-estimate': 'performance',
};

export function createRetrainingService(
  deps: MonitoringDeps & { readonly labels: LabelsService },
): RetrainingService {
  const { sql, clock, ids } = deps;

  async function get(workspace: string, name: string): Promise<RetrainingPolicy> {
    const policy = await findPolicy(sql, workspace, name);
    if (!policy) throw esteiraError('RETRAINING_POLICY_NOT_FOUND', { name });
    return policy;
  }

  async function attempt(
    context: RequestContext,
    policy: RetrainingPolicy,
    cause: Cause,
  ): Promise<StoredRetraining> {
    const { workspace, actor } = context;
    const outside = await gatherFacts(workspace, policy, cause.trigger);
    const parameters = await fill(workspace, policy, cause);
    return await sql.transaction(async (tx) => {
      const known =
        cause.key === null ? undefined : await findRetrainingByCause(tx, workspace, policy.name, cause.key);
      if (known && !known.decision?.startsWith('skipped:')) return known;
      const facts: RetrainingFacts = {
        ...outside,
        ...startsOf(await listStarts(tx, workspace, policy.name, policy.maxRunsPerDay), outside.now),
      };
      const skipped = guardRetraining(policy, facts);
      const run: StoredRetraining = {
        id: known?.id ?? ids.next('rt'),
        policy: policy.name,
        endpoint: policy.endpoint,
        pipeline: policy.pipeline,
        trigger: cause.trigger,
        cause: cause.key,
        monitorId: cause.monitorId,
        alertId: cause.alertId,
        windowStart: cause.windowStart,
        windowEnd: cause.windowEnd,
        decision: skipped ? `skipped:${skipped.guard}` : null,
        reason: skipped?.reason ?? cause.reason,
        parameters,
        pipelineRunId: null,
        evaluationId: null,
        modelVersionId: null,
        comparison: null,
        changeId: null,
        createdBy: known?.createdBy ?? actor.id,
        createdAt: facts.now,
        finishedAt: skipped ? facts.now : null,
      };
      // The same guard again is no news.
      if (known && known.decision === run.decision) return known;
      await saveRetraining(tx, workspace, run);
      await deps.audit.record(tx, context, {
        action: skipped ? 'monitoring.retraining.skipped' : 'monitoring.retraining.requested',
        subject: { kind: 'retraining', id: run.id },
        details: {
          policy: policy.name,
          trigger: cause.trigger,
          reason: run.reason,
          guard: skipped?.guard ?? null,
        },
      });
      if (skipped) {
        await deps.events.emit(tx, context, 'retraining.decided', {
          retrainingRunId: run.id,
          policyId: policy.id,
          decision: `skipped:${skipped.guard}`,
          reason: skipped.reason,
        });
      } else {
        await deps.jobs.enqueue(tx, context, {
          kind: retrainJobKind,
          payload: { retrainingRunId: run.id },
          key: `${retrainJobKind}:${run.id}`,
          maxAttempts: 3,
        });
      }
      return run;
    });
  }

  async function gatherFacts(
    workspace: string,
    policy: RetrainingPolicy,
    trigger: RetrainingTrigger,
  ): Promise<RetrainingFacts> {
    const now = clock.now();
    const starts = startsOf(await listStarts(sql, workspace, policy.name, policy.maxRunsPerDay), now);
    const endpoint = await deps.serving.endpoint(workspace, policy.endpoint);
    const costs =
      policy.costCap === undefined || !endpoint
        ? undefined
        : await deps.costs.total(workspace, { project: endpoint.project, from: now - (now % day) });
    const training = costs?.byKind.filter(({ kind }) => kind !== 'serving' && kind !== 'storage') ?? [];
    return {
      now,
      trigger,
      ...starts,
      freshLabels: await deps.labels.countSince(workspace, policy.endpoint, starts.lastStartedAt ?? 0),
      spentToday: training.reduce((sum, { amount }) => sum + amount, 0),
      currency: deps.costs.rates.currency,
      ownerMayRun: (await findPolicyOwner(deps, workspace, policy)) !== undefined,
    };
  }

  async function fill(workspace: string, policy: RetrainingPolicy, cause: Cause) {
    const live = await findLiveModel(deps, workspace, policy.endpoint);
    let liveTrainedModel: Reference | null = null;
    if (live?.version) {
      const { model } = await deps.training.open(workspace, live.version.trainedModelId);
      liveTrainedModel = { type: 'trained-model', id: model.id, digest: model.digest };
    }
    const { windowStart, windowEnd } = cause;
    const filled = fillParameters(policy.parameters, {
      windowStart,
      windowEnd,
      now: clock.now(),
      liveTrainedModel,
    });
    if ('problem' in filled) throw esteiraError('RETRAINING_TEMPLATE_INVALID', { ...filled });
    return filled.parameters;
  }

  /** The window of the newest open alert, else the last one evaluated. */
  async function presentWindow(workspace: string, endpoint: string): Promise<Partial<Cause>> {
    const states = ['pending', 'firing', 'acknowledged'] as const;
    const [alert] = await listAlerts(sql, workspace, { endpoint, states, limit: 1 });
    if (alert) return ofAlert(alert);
    let last: Partial<Cause> = {};
    for (const monitor of await listMonitors(sql, workspace, { endpoint })) {
      const [window] = await listWindows(sql, workspace, monitor.id, { limit: 1 });
      if (window && window.end > (last.windowEnd ?? -Infinity))
        last = { monitorId: monitor.id, windowStart: window.start, windowEnd: window.end };
    }
    return last;
  }

  return {
    async put(context, name, settings) {
      const { workspace, actor } = context;
      // The policy acts in this person's name later, so the person must be allowed to now.
      requirePermission(context, 'pipelines:run');
      if (settings.promote === 'propose') requirePermission(context, 'changes:request');
      if (!(await deps.serving.endpoint(workspace, settings.endpoint)))
        throw esteiraError('MONITORED_ENDPOINT_NOT_FOUND', { endpoint: settings.endpoint });
      const trial = { windowStart: 0, windowEnd: day, now: clock.now(), liveTrainedModel: null };
      const filled = fillParameters(settings.parameters, trial);
      if ('problem' in filled) throw esteiraError('RETRAINING_TEMPLATE_INVALID', { ...filled });
      return await sql.transaction(async (tx) => {
        const before = await findPolicy(tx, workspace, name);
        const now = clock.now();
        const policy: RetrainingPolicy = {
          ...settings,
          id: before?.id ?? ids.next('rtp'),
          name,
          owner: { id: actor.id, name: actor.name },
          createdAt: before?.createdAt ?? now,
          updatedAt: now,
        };
        await savePolicy(tx, workspace, policy);
        await deps.audit.record(tx, context, {
          action: before ? 'monitoring.retraining-policy.changed' : 'monitoring.retraining-policy.created',
          subject: { kind: 'retraining-policy', id: policy.id },
          details: { name, endpoint: policy.endpoint, pipeline: policy.pipeline, enabled: policy.enabled },
        });
        return policy;
      });
    },

    get,

    async trigger(context, name, request) {
      const policy = await get(context.workspace, name);
      const present = await presentWindow(context.workspace, policy.endpoint);
      return await attempt(context, policy, {
        trigger: 'manual',
        reason: request.reason,
        key: null,
        monitorId: present.monitorId ?? null,
        alertId: present.alertId ?? null,
        windowStart: request.windowStart ?? present.windowStart ?? null,
        windowEnd: request.windowEnd ?? present.windowEnd ?? null,
      });
    },

    async consider(context, monitor) {
      const { workspace } = context;
      const { endpoint } = monitor.settings;
      const states = ['firing', 'acknowledged'] as const;
      const alerts = await listAlerts(sql, workspace, { monitor: monitor.name, states, limit: 20 });
      for (const alert of alerts) {
        const trigger = triggerOf[alert.signal];
        if (trigger === undefined) continue;
        for (const policy of await listPolicies(sql, workspace, { endpoint })) {
          if (!policy.triggers.includes(trigger)) continue;
          const key = `${alert.id}:${alert.windowStart}`;
          const reason = `${alert.signal} alert of ${monitor.name}: ${alert.summary}`;
          try {
            await attempt(context, policy, { ...ofAlert(alert), trigger, reason, key });
          } catch (error) {
            // One policy that cannot be filled does not hold up the others, nor the evaluation of windows.
            deps.logger.error(
              { err: error, policy: policy.name, alertId: alert.id },
              'a retraining could not be asked for',
            );
          }
        }
      }
    },
  };
}

function ofAlert(alert: StoredAlert) {
  const { id, monitorId, windowStart, windowEnd } = alert;
  return { alertId: id, monitorId, windowStart, windowEnd };
}

function startsOf(
  starts: readonly StoredRetraining[],
  now: number,
): Pick<RetrainingFacts, 'runningId' | 'lastStartedAt' | 'startsToday'> {
  return {
    runningId: starts.find(({ decision }) => decision === null)?.id ?? null,
    lastStartedAt: starts[0]?.createdAt ?? null,
    startsToday: starts.filter(({ createdAt }) => now - createdAt < day).length,
  };
}
