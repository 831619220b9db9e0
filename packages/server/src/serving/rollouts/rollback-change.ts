import {
  type DesiredPredictor,
  type JsonValue,
  type PlannedStep,
  RollbackSubject,
  type ServableVersion,
} from '@esteira/contracts';
import { type ChangeKind, estimateCost } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { fullTraffic, primaryVersion } from '../endpoints/desired-endpoint.ts';
import type { EndpointRecord } from '../endpoints/endpoint-store.ts';
import { proveAnswers } from './prove-answers.ts';
import type { RolloutDeps } from './rollout-deps.ts';

const serveTimeoutMs = 60_000;
const revisionsLookedAt = 200;

/**
 * Gives the traffic back to the version before: the one that had all of it last, else the fallback. No gate stands before it,
 * because it was judged when it was promoted, and a way back that must be argued for is none.
 */
export function createRollbackChange(deps: RolloutDeps): ChangeKind<RollbackSubject> {
  return {
    kind: 'serving.rollback',
    subject: RollbackSubject,

    async inspect(context, subject) {
      const { endpoint, live, former } = await load(deps, context, subject.endpoint);
      return {
        current: { arms: endpoint.desired.arms, live: live.id, former },
        target: `endpoint:${endpoint.name}`,
      };
    },

    async plan(context, subject) {
      const { endpoint, live, former } = await load(deps, context, subject.endpoint);
      const to = former.kind === 'rule' ? 'the fallback rule' : former.modelVersionId;
      return {
        steps: [
          {
            name: 'restore',
            title: `Give all traffic of ${endpoint.name} back to ${to}`,
            details: { former, live: live.id },
          },
        ],
        cost: estimateCost(deps.costRates, { cpuSeconds: 0, storageBytes: 0 }),
        blastRadius: `All callers of ${endpoint.name} (${endpoint.stage}); ${live.model} version ${live.version} answers nobody after it.`,
        approvalsRequired: 0,
      };
    },

    async applyStep(run) {
      const { former, live } = detailsOf([run.step]);
      const started = performance.now();
      const { revision } = await deps.endpoints.revise(run.context, run.subject.endpoint, {
        change: (desired) => ({
          ...fullTraffic(desired, former),
          readAs: former.kind === 'rule' ? live : null,
        }),
        reason: 'rolled back',
        changeId: run.changeId,
      });
      await deps.dataPlane.waitServed(
        run.context.workspace,
        { endpoint: run.subject.endpoint, revision },
        { timeoutMs: serveTimeoutMs, signal: run.signal },
      );
      return { revision, durationMs: Math.round(performance.now() - started) };
    },

    async verify(context, change) {
      const { former, live } = detailsOf(change.plan.steps);
      const gone = await requireVersion(deps, context, live);
      const proof = await proveAnswers(deps, context, change.subject.endpoint, gone);
      const expected =
        former.kind === 'rule'
          ? 'rule'
          : String((await requireVersion(deps, context, former.modelVersionId)).version);
      const byGone = proof.byVersion[String(gone.version)] ?? 0;
      return [
        {
          name: 'no answer comes from the version taken back',
          expected: 0,
          measured: byGone,
          ok: expected === String(gone.version) || byGone === 0,
        },
        {
          name: 'every answer comes from the version before',
          expected: proof.asked,
          measured: proof.byVersion,
          ok: proof.byVersion[expected] === proof.asked,
        },
        { name: 'no answer fails', expected: 0, measured: proof.failed, ok: proof.failed === 0 },
      ];
    },

    async rollBack(context, change) {
      const { arms } = change.plan.current as unknown as { arms: EndpointRecord['desired']['arms'] };
      const { revision } = await deps.endpoints.revise(context, change.subject.endpoint, {
        change: (desired) => ({ ...desired, arms }),
        reason: 'rollback taken back',
        changeId: change.id,
      });
      const result: JsonValue = { revision };
      return result;
    },
  };
}

async function load(
  deps: RolloutDeps,
  context: RequestContext,
  name: string,
): Promise<{ endpoint: EndpointRecord; live: ServableVersion; former: DesiredPredictor }> {
  const endpoint = await deps.endpoints.require(context.workspace, name);
  const liveId = primaryVersion(endpoint.desired);
  if (liveId === undefined)
    throw esteiraError('ENDPOINT_STATE', {
      endpoint: name,
      problem: 'no version answers, so none can be taken back',
    });
  const live = await requireVersion(deps, context, liveId);
  const revisions = await deps.endpoints.revisions(context.workspace, {
    endpoint: name,
    limit: revisionsLookedAt,
  });
  for (const revision of revisions) {
    const before = primaryVersion(revision.desired);
    // Only what had all the traffic has proved that it can carry it.
    if (before !== undefined && before !== liveId && revision.desired.arms.length === 1) {
      return { endpoint, live, former: { kind: 'version', modelVersionId: before } };
    }
  }
  const { fallback } = endpoint.desired;
  if (fallback === null || (fallback.kind === 'version' && fallback.modelVersionId === liveId)) {
    throw esteiraError('ENDPOINT_STATE', {
      endpoint: name,
      problem: 'there is neither a version before nor a fallback',
    });
  }
  return { endpoint, live, former: fallback };
}

async function requireVersion(
  deps: RolloutDeps,
  context: RequestContext,
  id: string,
): Promise<ServableVersion> {
  const version = await deps.registry.findVersion(context.workspace, id);
  if (version === undefined) throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: id });
  return version;
}

/** What the one step of a rollback was planned to do. */
function detailsOf(steps: readonly PlannedStep[]): { former: DesiredPredictor; live: string } {
  const step = steps[0];
  if (step === undefined) throw esteiraError('INTERNAL');
  return step.details as unknown as { former: DesiredPredictor; live: string };
}
