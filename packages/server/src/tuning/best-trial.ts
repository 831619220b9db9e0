import type { Study, Trial } from '@esteira/contracts';

/** The completed trial with the best value; the earlier one of two equals. Undefined while none has completed. */
export function bestTrial(study: Pick<Study, 'direction'>, trials: readonly Trial[]): Trial | undefined {
  let best: Trial | undefined;
  for (const trial of trials) {
    if (trial.state !== 'COMPLETE' || trial.value === null) continue;
    if (!best || best.value === null || isBetter(study.direction, trial.value, best.value)) best = trial;
  }
  return best;
}

function isBetter(direction: Study['direction'], value: number, than: number): boolean {
  return direction === 'maximize' ? value > than : value < than;
}
