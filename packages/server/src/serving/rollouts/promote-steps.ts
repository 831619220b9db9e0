import {
  type ArmComparison,
  type DesiredEndpoint,
  type JsonValue,
  type PlannedStep,
  type PromoteSubject,
  type RolloutPlan,
  runsPython,
  type ServableVersion,
} from '@esteira/contracts';
import type { StepToApply } from '../../governance/index.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { fullTraffic, primaryVersion, withCanary } from '../endpoints/desired-endpoint.ts';
import type { EndpointRecord } from '../endpoints/endpoint-store.ts';
import { judgeArms } from './judge-arms.ts';
import { measureArms } from './measure-arms.ts';
import type { RolloutDeps } from './rollout-deps.ts';
import { findRollout, type RolloutRecord, saveRollout } from './rollout-store.ts';

/** What the candidate is compared with: the version it replaces, the fallback of a first model, or nothing. */
export type RolloutKind = 'version' | 'fallback' | 'nothing';

/** A step with what it is about. */
export interface PromoteStep extends StepToApply<PromoteSubject> {
  readonly endpoint: EndpointRecord;
  readonly version: ServableVersion;
}

const serveTimeoutMs = 120_000;
// The first server that loads a Python model installs its packages.
const pythonTimeoutMs = 20 * 60_000;
const minuteMs = 60_000;
/** Looking at the log costs a scan, so news that comes faster is looked at together. */
const lookIntervalMs = 400;

/** The steps of a rollout; where there is nothing to compare with, warming up and switching over. */
export function planSteps(plan: RolloutPlan, kind: RolloutKind): PlannedStep[] {
  const steps: PlannedStep[] = [
    {
      name: 'prepare',
      title: 'Load the version on every model server and keep it warm',
      details: { against: kind },
    },
  ];
  if (kind !== 'nothing') {
    if (plan.shadowRequests > 0) {
      steps.push({
        name: 'shadow',
        title: `Copy requests to the version without answering from it, until ${plan.shadowRequests} pairs are compared`,
        details: { rows: plan.shadowRequests, maxMinutes: plan.maxMinutes },
      });
    }
    for (const share of plan.canaryShares) {
      const percent = Math.round(share * 1000) / 10;
      steps.push({
        name: `canary-${String(percent).replace('.', '-')}`,
        title: `Answer ${percent} % of the traffic, until ${plan.requestsPerStep} answers are compared`,
        details: { share, rows: plan.requestsPerStep, maxMinutes: plan.maxMinutes },
      });
    }
  }
  steps.push({
    name: 'full-traffic',
    title: 'Judge the rules of full traffic, then answer all of it',
    details: {},
  });
  return steps;
}

/** Does one step. A step that was cut off goes on from its stored beginning: what was counted then still counts. */
export async function applyPromoteStep(deps: RolloutDeps, step: PromoteStep): Promise<JsonValue> {
  const { name } = step.step;
  if (name === 'prepare') return await prepare(deps, step);
  if (name === 'full-traffic') return await giveFullTraffic(deps, step);
  const { share, rows, maxMinutes } = step.step.details as {
    share?: number;
    rows: number;
    maxMinutes: number;
  };
  const candidate = step.version.id;
  const change =
    share === undefined
      ? (desired: DesiredEndpoint): DesiredEndpoint => ({
          ...desired,
          shadow: { modelVersionId: candidate, share: 1 },
        })
      : (desired: DesiredEndpoint): DesiredEndpoint => withCanary(desired, candidate, share);
  return await compareArms(deps, step, { change, share, rows, maxMinutes });
}

async function prepare(deps: RolloutDeps, step: PromoteStep): Promise<JsonValue> {
  const { workspace } = step.context;
  const { endpoint, version } = step;
  const { against } = step.step.details as { against: RolloutKind };
  if ((await findRollout(deps.sql, workspace, step.changeId)) === undefined) {
    const now = deps.clock.now();
    await save(deps, step, {
      changeId: step.changeId,
      endpoint: endpoint.name,
      modelVersionId: version.id,
      against,
      formerVersionId: primaryVersion(endpoint.desired) ?? null,
      outcome: 'running',
      comparisons: [],
      startedAt: now,
      updatedAt: now,
      former: endpoint.desired,
      steps: {},
    });
    // A change is applied only after its gates have let it through.
    await deps.sql.transaction((tx) =>
      deps.projects.reach(tx, step.context, endpoint.project, 'gate', { kind: 'change', id: step.changeId }),
    );
  }
  const { revision } = await deps.endpoints.revise(step.context, endpoint.name, {
    change: (desired) => {
      const warm = { ...desired, standby: [version.id] };
      if (desired.arms.length > 0 || against !== 'fallback' || desired.fallback === null) return warm;
      // Until the first version has proved itself, the fallback is what answers.
      return {
        ...warm,
        arms: [{ role: 'primary', weight: 1, predictor: desired.fallback }],
        readAs: version.id,
      };
    },
    reason: `rollout: prepare ${version.model} version ${version.version}`,
    changeId: step.changeId,
  });
  step.progress(0.3, 'loading');
  await deps.dataPlane.waitServed(
    workspace,
    { endpoint: endpoint.name, revision, standby: version.id },
    {
      timeoutMs: runsPython(version.signature) ? pythonTimeoutMs : serveTimeoutMs,
      signal: step.signal,
    },
  );
  return { revision, modelVersionId: version.id };
}

interface Comparison {
  readonly change: (desired: DesiredEndpoint) => DesiredEndpoint;
  readonly share: number | undefined;
  readonly rows: number;
  readonly maxMinutes: number;
}

async function compareArms(deps: RolloutDeps, step: PromoteStep, comparison: Comparison): Promise<JsonValue> {
  const { workspace } = step.context;
  const { name } = step.step;
  const { revision } = await deps.endpoints.revise(step.context, step.endpoint.name, {
    change: comparison.change,
    reason: `rollout: ${name}`,
    changeId: step.changeId,
  });
  const begun = await beginStep(deps, step, revision);
  const limit = { timeoutMs: serveTimeoutMs, signal: step.signal };
  await deps.dataPlane.waitServed(workspace, { endpoint: step.endpoint.name, revision }, limit);
  const rollout = await requireRollout(deps, step);
  const project = await deps.projects.find(workspace, step.endpoint.project);
  const window = {
    workspace,
    endpoint: step.endpoint.name,
    revision: begun.revision,
    startedAt: begun.startedAt,
    p95LimitMs: project?.sla.p95Ms ?? null,
  };
  const scoreUnit = step.version.signature.task === 'classification' ? 'probability' : 'standard deviation';
  let last: ArmComparison | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<ArmComparison | undefined> {
    await pauseUntil(lookedAt + lookIntervalMs);
    lookedAt = performance.now();
    const measured = await measureArms(deps, window, comparison.share, scoreUnit);
    const scoreShift = rollout.against === 'version' ? measured.scoreShift : null;
    const judgement = judgeArms({
      ...measured,
      scoreShift,
      scoreUnit,
      wantedRows: comparison.rows,
      p95LimitMs: window.p95LimitMs,
    });
    step.progress(
      Math.min(0.99, measured.candidate.rows / comparison.rows),
      `${measured.candidate.rows} of ${comparison.rows} answers`,
    );
    if (judgement === undefined) return undefined;
    last = toComparison(name, deps.clock.now(), { ...measured, scoreShift }, judgement);
    return judgement.verdict === 'hold' ? undefined : last;
  }

  const timeoutMs = Math.max(0, begun.startedAt + comparison.maxMinutes * minuteMs - deps.clock.now());
  const concluded = await deps.news.waitFor(workspace, look, { timeoutMs, signal: step.signal });
  const result = concluded ?? last;
  if (result !== undefined) await addComparison(deps, step, result, concluded === undefined);
  if (concluded?.verdict === 'promote') return { ...concluded };
  const problem =
    result?.reasons.join('; ') ?? `too few requests came within ${comparison.maxMinutes} minutes`;
  if (result === undefined) await conclude(deps, step, 'inconclusive');
  throw esteiraError('ROLLOUT_TAKEN_BACK', { step: name, problem });
}

async function giveFullTraffic(deps: RolloutDeps, step: PromoteStep): Promise<JsonValue> {
  const { context, endpoint, version } = step;
  await conclude(deps, step, 'promote');
  const report = await deps.policies.evaluate(
    context,
    {
      kind: 'deployment',
      project: endpoint.project,
      model: endpoint.model,
      modelVersionId: version.id,
      endpoint: endpoint.name,
      stage: endpoint.stage,
    },
    'full-traffic',
  );
  if (!report.passed) {
    const failed = report.rules.filter((rule) => rule.verdict === 'fail');
    const problem = failed.map((rule) => `${rule.id} ${rule.title}: ${rule.reason}`).join('; ');
    throw esteiraError('ROLLOUT_TAKEN_BACK', { step: 'full-traffic', problem });
  }
  const { formerVersionId } = await requireRollout(deps, step);
  const { revision } = await deps.endpoints.revise(context, endpoint.name, {
    change: (desired) => ({
      ...fullTraffic(desired, { kind: 'version', modelVersionId: version.id }),
      readAs: null,
      fallback: fallbackBehind(desired, version.id, formerVersionId),
    }),
    reason: `rollout: ${version.model} version ${version.version} has all traffic`,
    changeId: step.changeId,
  });
  const limit = { timeoutMs: serveTimeoutMs, signal: step.signal };
  await deps.dataPlane.waitServed(context.workspace, { endpoint: endpoint.name, revision }, limit);
  return { revision, gates: { passed: report.passed, digest: report.digest } };
}

/** The fallback that was set stays; where there is none, or it would be the version itself, the version before stands in. */
function fallbackBehind(
  desired: DesiredEndpoint,
  versionId: string,
  formerVersionId: string | null,
): DesiredEndpoint['fallback'] {
  const { fallback } = desired;
  const isItself = fallback?.kind === 'version' && fallback.modelVersionId === versionId;
  if (fallback !== null && !isItself) return fallback;
  return formerVersionId === null || formerVersionId === versionId
    ? null
    : { kind: 'version', modelVersionId: formerVersionId };
}

async function requireRollout(deps: RolloutDeps, step: PromoteStep): Promise<RolloutRecord> {
  const rollout = await findRollout(deps.sql, step.context.workspace, step.changeId);
  if (rollout === undefined) throw esteiraError('ROLLOUT_NOT_FOUND', { id: step.changeId });
  return rollout;
}

/** When the step began, from the first time it was applied. */
async function beginStep(
  deps: RolloutDeps,
  step: PromoteStep,
  revision: number,
): Promise<{ startedAt: number; revision: number }> {
  const rollout = await requireRollout(deps, step);
  const known = rollout.steps[step.step.name];
  if (known !== undefined) return known;
  const begun = { startedAt: deps.clock.now(), revision };
  await save(deps, step, {
    ...rollout,
    steps: { ...rollout.steps, [step.step.name]: begun },
    updatedAt: begun.startedAt,
  });
  return begun;
}

async function addComparison(
  deps: RolloutDeps,
  step: PromoteStep,
  comparison: ArmComparison,
  timeIsUp: boolean,
): Promise<void> {
  const rollout = await requireRollout(deps, step);
  let { outcome } = rollout;
  if (timeIsUp) outcome = 'inconclusive';
  if (comparison.verdict === 'roll-back') outcome = 'roll-back';
  const comparisons = [...rollout.comparisons.filter((known) => known.step !== comparison.step), comparison];
  await save(deps, step, { ...rollout, comparisons, outcome, updatedAt: deps.clock.now() }, comparison);
}

async function conclude(
  deps: RolloutDeps,
  step: PromoteStep,
  outcome: RolloutRecord['outcome'],
): Promise<void> {
  const rollout = await requireRollout(deps, step);
  await save(deps, step, { ...rollout, outcome, updatedAt: deps.clock.now() });
}

/** Every transition is on record with the numbers that caused it. */
async function save(
  deps: RolloutDeps,
  step: PromoteStep,
  rollout: RolloutRecord,
  comparison?: ArmComparison,
): Promise<void> {
  await deps.sql.transaction(async (tx) => {
    await saveRollout(tx, step.context.workspace, rollout);
    await deps.audit.record(tx, step.context, {
      action: 'serving.rollout.step',
      subject: { kind: 'change', id: step.changeId },
      details: {
        step: step.step.name,
        endpoint: rollout.endpoint,
        modelVersionId: rollout.modelVersionId,
        outcome: rollout.outcome,
        ...(comparison === undefined ? {} : { comparison }),
      },
    });
  });
}

function toComparison(
  step: string,
  at: number,
  measured: Awaited<ReturnType<typeof measureArms>>,
  judgement: Pick<ArmComparison, 'verdict' | 'reasons'>,
): ArmComparison {
  const side = ({
    rows,
    units,
    errors,
    p95Ms,
    meanScore,
  }: (typeof measured)['candidate']): ArmComparison['candidate'] => ({
    rows,
    units,
    errors,
    p95Ms,
    meanScore,
  });
  return {
    step,
    at,
    candidate: side(measured.candidate),
    control: side(measured.control),
    srmP: measured.srmP,
    scoreShift: measured.scoreShift,
    ...judgement,
  };
}

async function pauseUntil(time: number): Promise<void> {
  const ms = time - performance.now();
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
