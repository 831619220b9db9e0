import { Reference, type RetrainingPolicy } from '@esteira/contracts';
import { z } from 'zod';
import { systemActor } from '../../governance/index.ts';
import type { JobRun } from '../../jobs/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { EsteiraError, esteiraError } from '../../kernel/errors.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import { findLiveModel } from '../monitors/live-model.ts';
import { type ChallengerDecision, decideChallenger } from './challenger-decision.ts';
import { findPolicyOwner } from './policy-owner.ts';
import { findPolicy } from './retraining-policy-store.ts';
import { findRetraining, type StoredRetraining, saveRetraining } from './retraining-run-store.ts';

const triggerPrefix = 'retraining:';

type Conclusion = Pick<StoredRetraining, 'decision' | 'reason'> & Partial<StoredRetraining>;

/** Carries a retraining out: starts its pipeline, and decides when that has ended. */
export interface RetrainingRuns {
  /** The job `monitoring.retrain`. Run twice, it finds the pipeline run of the first time. */
  start(run: JobRun): Promise<null>;
  /** A pipeline run has ended; those of others are let pass. */
  conclude(
    workspace: string,
    ended: { pipelineRunId: string; status: string; trigger: string },
  ): Promise<void>;
}

export function createRetrainingRuns(deps: MonitoringDeps): RetrainingRuns {
  const { sql } = deps;

  async function decide(
    context: RequestContext,
    retraining: StoredRetraining,
    conclusion: Conclusion,
  ): Promise<void> {
    const { workspace } = context;
    const policy = await findPolicy(sql, workspace, retraining.policy);
    await sql.transaction(async (tx) => {
      const now = await findRetraining(tx, workspace, retraining.id);
      if (!now || now.decision !== null) return;
      const decided: StoredRetraining = { ...now, ...conclusion, finishedAt: deps.clock.now() };
      await saveRetraining(tx, workspace, decided);
      const { decision, reason, pipelineRunId, evaluationId, modelVersionId, changeId } = decided;
      await deps.audit.record(tx, context, {
        action: 'monitoring.retraining.decided',
        subject: { kind: 'retraining', id: decided.id },
        details: { decision, reason, pipelineRunId, evaluationId, modelVersionId, changeId },
      });
      await deps.events.emit(tx, context, 'retraining.decided', {
        retrainingRunId: decided.id,
        policyId: policy?.id ?? decided.policy,
        decision: decision ?? '',
        reason,
      });
    });
  }

  async function noteStart(
    context: RequestContext,
    retraining: StoredRetraining,
    pipelineRunId: string,
  ): Promise<void> {
    const { workspace } = context;
    const endpoint = await deps.serving.endpoint(workspace, retraining.endpoint);
    await sql.transaction(async (tx) => {
      const now = await findRetraining(tx, workspace, retraining.id);
      if (!now) return;
      await saveRetraining(tx, workspace, { ...now, pipelineRunId });
      const to = { kind: 'pipeline-run' as const, id: pipelineRunId };
      await deps.lineage.link(tx, context, {
        from:
          now.monitorId === null
            ? { kind: 'endpoint', id: now.endpoint }
            : { kind: 'monitor', id: now.monitorId },
        to,
        relation: 'retrained-by',
      });
      await deps.audit.record(tx, context, {
        action: 'monitoring.retraining.started',
        subject: { kind: 'retraining', id: now.id },
        details: { policy: now.policy, pipelineRunId, parameters: now.parameters },
      });
      if (endpoint) await deps.projects.reach(tx, context, endpoint.project, 'retraining', to);
    });
  }

  /** Asks for consent to make the challenger live; what comes of it in words. */
  async function propose(
    context: RequestContext | undefined,
    policy: RetrainingPolicy,
    modelVersionId: string | null,
  ): Promise<{ readonly changeId: string | null; readonly remark: string }> {
    if (policy.promote !== 'propose') return { changeId: null, remark: '' };
    if (modelVersionId === null)
      return { changeId: null, remark: '; not proposed: the pipeline registered no version' };
    if (!context) return { changeId: null, remark: '; not proposed: the owner of the policy is gone' };
    try {
      const { endpoint, rollout } = policy;
      const subject = { endpoint, modelVersionId, ...(rollout ? { rollout } : {}) };
      const change = await deps.changes.request(context, { kind: 'serving.promote', subject });
      return { changeId: change.id, remark: `; proposed as ${change.id} (${change.state})` };
    } catch (error) {
      if (!(error instanceof EsteiraError)) throw error;
      return { changeId: null, remark: `; not proposed: ${error.what}` };
    }
  }

  return {
    async start({ job, context }) {
      const { workspace } = context;
      const { retrainingRunId: id } = z.object({ retrainingRunId: z.string() }).parse(job.payload);
      const retraining = await findRetraining(sql, workspace, id);
      if (!retraining) throw esteiraError('RETRAINING_RUN_NOT_FOUND', { id });
      if (retraining.decision !== null || retraining.pipelineRunId !== null) return null;
      const policy = await findPolicy(sql, workspace, retraining.policy);
      const owner = policy && (await findPolicyOwner(deps, workspace, policy));
      if (!owner) {
        const reason = 'the owner of the policy is gone or may not run pipelines any more';
        await decide(context, retraining, { decision: 'failed', reason });
        return null;
      }
      const acting = { ...owner, requestId: context.requestId };
      const trigger = `${triggerPrefix}${id}`;
      try {
        const [known] = await deps.pipelines.reader.listRuns(workspace, { trigger, limit: 1 });
        const { pipeline, parameters } = retraining;
        const pipelineRunId =
          known?.id ?? (await deps.pipelines.start(acting, { pipeline, parameters, trigger }));
        await noteStart(acting, retraining, pipelineRunId);
      } catch (error) {
        if (!(error instanceof EsteiraError) || error.status >= 500) throw error;
        await decide(acting, retraining, { decision: 'failed', reason: error.what });
      }
      return null;
    },

    async conclude(workspace, { pipelineRunId, status, trigger }) {
      if (!trigger.startsWith(triggerPrefix)) return;
      const retraining = await findRetraining(sql, workspace, trigger.slice(triggerPrefix.length));
      if (!retraining || retraining.decision !== null) return;
      const policy = await findPolicy(sql, workspace, retraining.policy);
      const owner = policy && (await findPolicyOwner(deps, workspace, policy));
      const requestId = deps.ids.next('req');
      const acting = owner && { ...owner, requestId };
      const context = acting ?? { workspace, actor: systemActor, requestId };
      if (status !== 'succeeded') {
        const run = await deps.pipelines.reader.findRun(workspace, pipelineRunId);
        const reason = `its pipeline run ${status}${run?.reason === undefined ? '' : `: ${run.reason}`}`;
        await decide(context, retraining, { decision: 'failed', reason, pipelineRunId });
        return;
      }
      const made = await readOutputs(deps, workspace, pipelineRunId);
      const judged = await judgeChallenger(deps, workspace, retraining.endpoint, made.evaluationId);
      const proposal =
        judged.decision === 'challenger-wins' && policy
          ? await propose(acting, policy, made.modelVersionId)
          : { changeId: null, remark: '' };
      await decide(context, retraining, {
        decision: judged.decision,
        reason: `${judged.reason}${proposal.remark}`,
        comparison: judged.comparison,
        changeId: proposal.changeId,
        pipelineRunId,
        ...made,
      });
    },
  };
}

interface Outputs {
  readonly evaluationId: string | null;
  readonly modelVersionId: string | null;
}

/** The last evaluation and model version that the steps gave. */
async function readOutputs(deps: MonitoringDeps, workspace: string, pipelineRunId: string): Promise<Outputs> {
  let outputs: Outputs = { evaluationId: null, modelVersionId: null };
  for (const step of await deps.pipelines.reader.steps(workspace, pipelineRunId)) {
    for (const output of Object.values(step.outputs)) {
      const reference = Reference.safeParse(output);
      if (!reference.success) continue;
      const { type, id } = reference.data;
      if (type === 'evaluation') outputs = { ...outputs, evaluationId: id };
      if (type === 'model-version') outputs = { ...outputs, modelVersionId: id };
    }
  }
  return outputs;
}

async function judgeChallenger(
  deps: MonitoringDeps,
  workspace: string,
  endpoint: string,
  evaluationId: string | null,
): Promise<ChallengerDecision> {
  const evaluation = evaluationId === null ? undefined : await deps.evaluation.find(workspace, evaluationId);
  const live = await findLiveModel(deps, workspace, endpoint);
  return decideChallenger(evaluation, live?.version?.trainedModelId ?? null);
}
