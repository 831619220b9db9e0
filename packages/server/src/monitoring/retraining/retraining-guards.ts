import type { NewRetrainingPolicy, RetrainingGuard, RetrainingTrigger } from '@esteira/contracts';
import { parseDuration } from '../../kernel/duration.ts';

/** What the guards look at. Times in ms. */
export interface RetrainingFacts {
  readonly now: number;
  readonly trigger: RetrainingTrigger;
  /** The retraining of this policy that has not ended. */
  readonly runningId: string | null;
  readonly lastStartedAt: number | null;
  /** Starts within the last 24 hours. */
  readonly startsToday: number;
  /** Labels received since the last start. */
  readonly freshLabels: number;
  /** Spent by the project today, in the ledger's currency. */
  readonly spentToday: number;
  readonly currency: string;
  /** False when the policy's owner is gone or may not run pipelines any more. */
  readonly ownerMayRun: boolean;
}

export interface Skipped {
  readonly guard: RetrainingGuard;
  readonly reason: string;
}

type GuardedPolicy = Pick<
  NewRetrainingPolicy,
  'enabled' | 'triggers' | 'cooldown' | 'maxRunsPerDay' | 'minFreshLabels' | 'costCap'
>;

/** The first guard that stops the retraining, with its reason; undefined when it may start. */
export function guardRetraining(policy: GuardedPolicy, facts: RetrainingFacts): Skipped | undefined {
  if (!policy.enabled) return { guard: 'disabled', reason: 'the policy is switched off' };
  if (!policy.triggers.includes(facts.trigger)) {
    return { guard: 'trigger', reason: `the policy is not triggered by ${facts.trigger}` };
  }
  if (!facts.ownerMayRun) {
    return { guard: 'owner', reason: 'the owner of the policy is gone or may not run pipelines any more' };
  }
  if (facts.runningId !== null) {
    return { guard: 'single-flight', reason: `the retraining ${facts.runningId} has not ended` };
  }
  const cooldown = parseDuration(policy.cooldown) ?? 0;
  if (facts.lastStartedAt !== null && facts.now - facts.lastStartedAt < cooldown) {
    const until = new Date(facts.lastStartedAt + cooldown).toISOString();
    return {
      guard: 'cooldown',
      reason: `the last one began less than ${policy.cooldown} ago; until ${until}`,
    };
  }
  if (facts.startsToday >= policy.maxRunsPerDay) {
    return {
      guard: 'max-runs-per-day',
      reason: `${facts.startsToday} of ${policy.maxRunsPerDay} were started within 24 hours`,
    };
  }
  if (facts.freshLabels < policy.minFreshLabels) {
    return {
      guard: 'min-fresh-labels',
      reason: `${facts.freshLabels} label(s) came since the last start; ${policy.minFreshLabels} are needed`,
    };
  }
  if (policy.costCap !== undefined && facts.spentToday >= policy.costCap) {
    return {
      guard: 'cost-cap',
      reason: `the project has spent ${facts.spentToday.toFixed(2)} of ${policy.costCap} ${facts.currency} today`,
    };
  }
  return undefined;
}
