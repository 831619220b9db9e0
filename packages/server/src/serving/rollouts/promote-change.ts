import {
  type DesiredPredictor,
  type JsonValue,
  PromoteSubject,
  type ServableVersion,
  type VerificationCheck,
} from '@esteira/contracts';
import type { ChangeKind, GateSubject } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { withFormerTraffic } from '../endpoints/desired-endpoint.ts';
import type { EndpointRecord } from '../endpoints/endpoint-store.ts';
import { applyPromoteStep, planSteps, type RolloutKind } from './promote-steps.ts';
import { promotionCost } from './promotion-cost.ts';
import { promotionRadius } from './promotion-radius.ts';
import { proveAnswers } from './prove-answers.ts';
import type { RolloutDeps } from './rollout-deps.ts';
import { findRollout, saveRollout } from './rollout-store.ts';

const proofTimeoutMs = 60_000;
const proofRounds = 3;

/**
 * Gives a version the traffic of an endpoint: warm, then copies of requests, then growing shares, then all. Every step leaves
 * the endpoint in a state that answers, and the state before is put back when one does not hold.
 */
export function createPromoteChange(deps: RolloutDeps): ChangeKind<PromoteSubject> {
  async function load(
    context: RequestContext,
    subject: PromoteSubject,
  ): Promise<{ endpoint: EndpointRecord; version: ServableVersion }> {
    const endpoint = await deps.endpoints.require(context.workspace, subject.endpoint);
    const version = await deps.registry.findVersion(context.workspace, subject.modelVersionId);
    if (version === undefined)
      throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: subject.modelVersionId });
    if (version.model !== endpoint.model) {
      throw esteiraError('ENDPOINT_MODEL_MISMATCH', {
        endpoint: endpoint.name,
        model: endpoint.model,
        other: version.model,
      });
    }
    if (subject.stage !== undefined && subject.stage !== endpoint.stage) {
      throw esteiraError('ENDPOINT_STATE', {
        endpoint: endpoint.name,
        problem: `its stage is ${endpoint.stage}, not ${subject.stage}`,
      });
    }
    return { endpoint, version };
  }

  return {
    kind: 'serving.promote',
    subject: PromoteSubject,

    async inspect(context, subject) {
      const { endpoint, version } = await load(context, subject);
      const gateSubject: GateSubject = {
        kind: 'deployment',
        project: endpoint.project,
        model: endpoint.model,
        modelVersionId: version.id,
        endpoint: endpoint.name,
        stage: endpoint.stage,
      };
      return {
        current: {
          stage: endpoint.stage,
          arms: endpoint.desired.arms,
          fallback: endpoint.desired.fallback,
          candidate: { id: version.id, version: version.version, digest: version.digest },
        },
        gateSubject,
        authors: [version.createdBy],
      };
    },

    async plan(context, subject) {
      const { endpoint, version } = await load(context, subject);
      const kind = rolloutKind(endpoint, version);
      return {
        steps: planSteps(subject.rollout, kind),
        cost: await promotionCost(deps, context.workspace, endpoint.name, version, subject.rollout),
        blastRadius: promotionRadius(endpoint, version, kind),
        approvalsRequired: await deps.policies.approvalsFor(context.workspace, endpoint.stage),
      };
    },

    async applyStep(run) {
      const { endpoint, version } = await load(run.context, run.subject);
      return await applyPromoteStep(deps, { ...run, endpoint, version });
    },

    async verify(context, change) {
      const { endpoint, version } = await load(context, change.subject);
      return await verifyLive(deps, context, endpoint, version);
    },

    async rollBack(context, change) {
      const rollout = await findRollout(deps.sql, context.workspace, change.id);
      if (rollout === undefined) return { restored: false, reason: 'no traffic was moved' };
      const { endpoint, version } = await load(context, change.subject);
      const restored = await deps.endpoints.revise(context, endpoint.name, {
        change: (desired) => withFormerTraffic(desired, rollout.former),
        reason: 'rollout taken back',
        changeId: change.id,
      });
      const started = deps.clock.now();
      await deps.dataPlane.waitServed(
        context.workspace,
        { endpoint: endpoint.name, revision: restored.revision },
        { timeoutMs: proofTimeoutMs },
      );
      const proof = await proveAnswers(deps, context, endpoint.name, version);
      if (rollout.outcome === 'running' || rollout.outcome === 'promote') {
        await deps.sql.transaction((tx) =>
          saveRollout(tx, context.workspace, {
            ...rollout,
            outcome: 'roll-back',
            updatedAt: deps.clock.now(),
          }),
        );
      }
      const result: JsonValue = {
        restored: true,
        revision: restored.revision,
        candidateAnswers: proof.byVersion[String(version.version)] ?? 0,
        answers: proof.asked,
        ms: deps.clock.now() - started,
      };
      return result;
    },
  };
}

/** What the candidate is compared with. */
function rolloutKind(endpoint: EndpointRecord, version: ServableVersion): RolloutKind {
  const primary = endpoint.desired.arms.find((arm) => arm.role === 'primary')?.predictor;
  if (primary !== undefined && isVersion(primary, version.id)) return 'nothing';
  if (primary !== undefined) return primary.kind === 'version' ? 'version' : 'fallback';
  const { fallback } = endpoint.desired;
  if (endpoint.stage === 'development') return 'nothing';
  // A missing fallback is for the gate to refuse, with what to do; a plan can be made without one.
  if (fallback === null) return 'fallback';
  return isVersion(fallback, version.id) ? 'nothing' : 'fallback';
}

function isVersion(predictor: DesiredPredictor, id: string): boolean {
  return predictor.kind === 'version' && predictor.modelVersionId === id;
}

async function verifyLive(
  deps: RolloutDeps,
  context: RequestContext,
  endpoint: EndpointRecord,
  version: ServableVersion,
): Promise<VerificationCheck[]> {
  const servers = await deps.dataPlane.waitServed(
    context.workspace,
    { endpoint: endpoint.name, revision: endpoint.revision },
    { timeoutMs: proofTimeoutMs },
  );
  const revisions = servers.map(
    (server) => server.endpoints.find((candidate) => candidate.name === endpoint.name)?.revision ?? -1,
  );
  const project = await deps.projects.find(context.workspace, endpoint.project);
  const limit = project?.sla.p95Ms ?? null;
  let proof = await proveAnswers(deps, context, endpoint.name, version);
  // A moment in which the machine was busy with something else must not take a good version back; three are no moment.
  for (let round = 2; round <= proofRounds && proof.failed === 0 && isLate(proof.p95Ms, limit); round++) {
    proof = await proveAnswers(deps, context, endpoint.name, version);
  }
  return [
    {
      name: 'every model server serves the revision',
      expected: endpoint.revision,
      measured: revisions,
      ok: revisions.length > 0 && revisions.every((revision) => revision === endpoint.revision),
    },
    {
      name: 'every answer comes from the version',
      expected: { [String(version.version)]: proof.asked },
      measured: proof.byVersion,
      ok: proof.asked > 0 && proof.byVersion[String(version.version)] === proof.asked,
    },
    { name: 'no answer fails', expected: 0, measured: proof.failed, ok: proof.failed === 0 },
    {
      name: 'stored examples are answered as stored',
      expected: 0,
      measured: proof.wrong,
      ok: proof.wrong === 0,
    },
    {
      name: 'the 95th percentile of the latency is within the SLA (ms)',
      expected: limit,
      measured: proof.p95Ms,
      ok: limit === null || (proof.p95Ms !== null && proof.p95Ms <= limit),
    },
  ];
}

function isLate(p95Ms: number | null, limitMs: number | null): boolean {
  return limitMs !== null && p95Ms !== null && p95Ms > limitMs;
}
