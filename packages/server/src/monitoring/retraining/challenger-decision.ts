import type { Evaluation, RetrainingRun } from '@esteira/contracts';

export interface ChallengerDecision {
  readonly decision: 'challenger-wins' | 'challenger-loses' | 'not-compared';
  readonly reason: string;
  readonly comparison: RetrainingRun['comparison'];
}

type Judged = Pick<Evaluation, 'metric' | 'alpha' | 'current' | 'baselines'>;

/**
 * Whether the challenger is better than the live model on the same rows: the paired bootstrap interval of the difference,
 * turned so that better is above zero, lies wholly above it. Before a first model is live, every baseline must be beaten.
 */
export function decideChallenger(
  evaluation: Judged | undefined,
  liveTrainedModelId: string | null,
): ChallengerDecision {
  if (!evaluation) return notCompared('the pipeline made no evaluation');
  const { metric, current, baselines } = evaluation;
  if (liveTrainedModelId === null) {
    const hardest = [...baselines].sort((a, b) => (a.lower ?? -Infinity) - (b.lower ?? -Infinity))[0];
    return hardest
      ? judge(evaluation, hardest)
      : notCompared('no model is live and no baseline was evaluated');
  }
  if (!current) {
    return notCompared(
      'the pipeline did not compare with the live model; hand live.trainedModel to the step that evaluates',
    );
  }
  if (current.trainedModelId !== liveTrainedModelId) {
    return notCompared(
      `the comparison on ${metric} is with ${current.trainedModelId}, which is not live any more`,
    );
  }
  return judge(evaluation, current);
}

function judge({ metric, alpha }: Judged, other: Evaluation['baselines'][number]): ChallengerDecision {
  const { difference, lower, upper } = other;
  const comparison = { metric, against: other.trainedModelId, difference, lower, upper };
  if (difference === null || lower === null || upper === null) {
    return { decision: 'not-compared', reason: `${metric} could not be compared on these rows`, comparison };
  }
  const share = Math.round((1 - alpha) * 100);
  const interval = `${metric} ${signed(difference)} (${share} %: ${signed(lower)} to ${signed(upper)}) against ${other.name}`;
  if (lower > 0) return { decision: 'challenger-wins', reason: interval, comparison };
  const why = upper < 0 ? 'it is worse' : 'the difference may be chance';
  return { decision: 'challenger-loses', reason: `${interval}: ${why}`, comparison };
}

function notCompared(reason: string): ChallengerDecision {
  return { decision: 'not-compared', reason, comparison: null };
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;
}
