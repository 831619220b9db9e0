import type { ChangePlan, JsonValue, PlannedStep, VerificationCheck } from '@esteira/contracts';
import type { JobRun } from '../../jobs/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { EsteiraError, esteiraError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { AppliedChange, ChangeKind } from './change-kind.ts';
import { planDifferences } from './change-plan.ts';
import type { ChangeRecord } from './change-record.ts';
import type { ChangeEvent } from './change-state.ts';
import type { StoredChange } from './change-store.ts';
import type { PlannedChange } from './plan-change.ts';
import { listSteps, putStep, type StoredStep } from './step-store.ts';

/** Does what was consented to, in a job that may be cut off anywhere and run again. */
export interface ApplyChange {
  handle(run: JobRun): Promise<JsonValue>;
  /** Stops the change where this process is applying it; its rolling back follows. */
  stop(changeId: string): void;
}

interface ApplyDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly record: ChangeRecord;
  kindOf(name: string): ChangeKind;
  plan(context: RequestContext, kind: ChangeKind, subject: JsonValue): Promise<PlannedChange>;
  replan(
    context: RequestContext,
    change: StoredChange,
    planned: PlannedChange,
    differences: readonly string[],
  ): Promise<StoredChange>;
}

const cancelled = 'cancelled while it was being applied';

export function createApplyChange(deps: ApplyDeps): ApplyChange {
  const { sql, clock, logger, record } = deps;
  const running = new Map<string, AbortController>();

  return {
    stop: (changeId) => running.get(changeId)?.abort(new Error('The change was cancelled.')),

    async handle(run) {
      const id = changeIdOf(run.job.payload);
      const own = new AbortController();
      running.set(id, own);
      try {
        return await carryOn(run, id, AbortSignal.any([run.signal, own.signal]));
      } finally {
        running.delete(id);
      }
    },
  };

  /** Takes the change up wherever it stands and brings it to an end. */
  async function carryOn(run: JobRun, id: string, signal: AbortSignal): Promise<JsonValue> {
    const { context } = run;
    let change = await record.load(sql, context.workspace, id);
    // A change that was planned again and applied once more has another job.
    if (change.jobId !== run.job.id) return { state: change.state };
    const kind = deps.kindOf(change.kind);
    for (;;) {
      switch (change.state) {
        case 'applying':
          change = await applySteps(run, kind, change, signal);
          break;
        case 'verifying':
          change = await verify(run, kind, change);
          break;
        case 'rolling-back':
          change = await rollBack(run, kind, change);
          break;
        default:
          return { state: change.state };
      }
    }
  }

  async function applySteps(
    run: JobRun,
    kind: ChangeKind,
    change: StoredChange,
    signal: AbortSignal,
  ): Promise<StoredChange> {
    const { context } = run;
    const { steps } = change.plan;
    const subject = kind.subject.parse(change.subject);
    const known = new Map(await listSteps(sql, change.workspace, change.id));
    if (known.size === 0) {
      if (await cancelRequested(change)) return await failed(context, change, 'step-failed', cancelled);
      const changed = await changedPlan(context, kind, change);
      if (changed) return changed;
    }
    for (const [index, step] of steps.entries()) {
      const before = known.get(step.name);
      if (before?.state === 'done') continue;
      if (await cancelRequested(change)) return await failed(context, change, 'step-failed', cancelled);
      const began = await beginStep(change, step, before);
      run.progress(index / (steps.length + 1), step.title);
      try {
        const result = await kind.applyStep({
          context,
          changeId: change.id,
          subject,
          step,
          current: change.plan.current,
          previous: resultsOf(known),
          signal,
          progress: (share, message) =>
            run.progress((index + share) / (steps.length + 1), `${step.title}: ${message}`),
        });
        known.set(step.name, await endStep(change, { ...began, state: 'done', result }));
      } catch (error) {
        // A draining server is no failure: the job comes back and the step is tried again.
        if (run.signal.aborted) throw error;
        const reason = (await cancelRequested(change))
          ? cancelled
          : `${step.title}: ${reasonOf(error, change)}`;
        await endStep(change, { ...began, state: 'failed', error: reason });
        return await failed(context, change, 'step-failed', reason);
      }
    }
    return await move(context, change, { type: 'steps-done' });
  }

  /** Before the first effect: somebody may have changed the state since consent was checked. */
  async function changedPlan(context: RequestContext, kind: ChangeKind, change: StoredChange) {
    let planned: PlannedChange;
    try {
      planned = await deps.plan(context, kind, change.subject);
    } catch (error) {
      return await failed(context, change, 'abandon', reasonOf(error, change));
    }
    const differences = planDifferences(change.plan, planned.plan);
    return differences.length > 0 ? await deps.replan(context, change, planned, differences) : undefined;
  }

  async function verify(run: JobRun, kind: ChangeKind, change: StoredChange): Promise<StoredChange> {
    const { context } = run;
    run.progress(change.plan.steps.length / (change.plan.steps.length + 1), 'Verifying');
    if (await cancelRequested(change)) return await failed(context, change, 'verification-failed', cancelled);
    let checks: readonly VerificationCheck[];
    try {
      checks = await kind.verify(context, await applied(kind, change));
    } catch (error) {
      if (run.signal.aborted) throw error;
      return await failed(context, change, 'verification-failed', `Verification: ${reasonOf(error, change)}`);
    }
    const broken = checks.filter((check) => !check.ok).map((check) => check.name);
    if (checks.length > 0 && broken.length === 0) {
      return await move(context, change, { type: 'verified' }, { verification: checks });
    }
    const reason = checks.length === 0 ? 'Nothing was verified' : `Not as planned: ${broken.join(', ')}`;
    return await failed(context, { ...change, verification: checks }, 'verification-failed', reason);
  }

  async function rollBack(run: JobRun, kind: ChangeKind, change: StoredChange): Promise<StoredChange> {
    const { context } = run;
    run.progress(1, 'Rolling back');
    try {
      const result = await kind.rollBack(context, await applied(kind, change));
      return await move(context, change, { type: 'rolled-back' }, { rollBack: result });
    } catch (error) {
      if (run.signal.aborted) throw error;
      const reason = `${change.reason}; rolling back failed: ${reasonOf(error, change)}`;
      return await failed(context, change, 'roll-back-failed', reason);
    }
  }

  async function applied(kind: ChangeKind, change: StoredChange): Promise<AppliedChange<unknown>> {
    const steps = await listSteps(sql, change.workspace, change.id);
    return {
      id: change.id,
      subject: kind.subject.parse(change.subject),
      plan: change.plan satisfies ChangePlan,
      results: resultsOf(steps),
    };
  }

  async function cancelRequested(change: StoredChange): Promise<boolean> {
    return (await record.load(sql, change.workspace, change.id)).cancelRequested;
  }

  async function beginStep(
    change: StoredChange,
    step: PlannedStep,
    before: StoredStep | undefined,
  ): Promise<StoredStep> {
    const began: StoredStep = {
      name: step.name,
      state: 'running',
      result: null,
      error: null,
      attempts: (before?.attempts ?? 0) + 1,
      startedAt: before?.startedAt ?? clock.now(),
      finishedAt: null,
    };
    await sql.transaction((tx) => putStep(tx, change, began));
    return began;
  }

  async function endStep(change: StoredChange, step: StoredStep): Promise<StoredStep> {
    const ended = { ...step, finishedAt: clock.now() };
    await sql.transaction((tx) => putStep(tx, change, ended));
    return ended;
  }

  function failed(
    context: RequestContext,
    change: StoredChange,
    type: 'step-failed' | 'verification-failed' | 'roll-back-failed' | 'abandon',
    reason: string,
  ): Promise<StoredChange> {
    return move(context, change, { type }, { reason, verification: change.verification });
  }

  async function move(
    context: RequestContext,
    change: StoredChange,
    event: ChangeEvent,
    update: Partial<StoredChange> = {},
  ): Promise<StoredChange> {
    return await sql.transaction(async (tx) => {
      const before = await record.load(tx, change.workspace, change.id);
      return await record.move(tx, context, before, event, { update });
    });
  }

  function reasonOf(error: unknown, change: StoredChange): string {
    if (error instanceof EsteiraError) return `${error.what} ${error.todo}`;
    logger.error({ err: error, change: change.id, kind: change.kind }, 'a change failed unexpectedly');
    return 'it failed unexpectedly; the log tells why';
  }
}

function resultsOf(steps: ReadonlyMap<string, StoredStep>): Record<string, JsonValue> {
  const results: Record<string, JsonValue> = {};
  for (const step of steps.values()) if (step.state === 'done') results[step.name] = step.result;
  return results;
}

function changeIdOf(payload: JsonValue): string {
  if (
    payload !== null &&
    typeof payload === 'object' &&
    'changeId' in payload &&
    typeof payload.changeId === 'string'
  ) {
    return payload.changeId;
  }
  throw esteiraError('CHANGE_NOT_FOUND', { id: '' });
}
