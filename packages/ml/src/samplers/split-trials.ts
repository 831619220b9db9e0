import type { Params } from './search-space.ts';

export type Direction = 'minimize' | 'maximize';

/** One trial as samplers see it. */
export interface SamplerTrial {
  number: number;
  state: 'COMPLETE' | 'PRUNED' | 'RUNNING' | 'FAIL';
  params: Params;
  /** Final value; needed when COMPLETE. */
  value?: number | null;
  /** Reported values by step. */
  intermediate?: Readonly<Record<string, number>>;
  /** Positive entries are violated constraints. */
  constraints?: readonly number[];
}

/**
 * The good trials ("below", at most `count`) and the rest, each in trial order. Good are first the best COMPLETE
 * trials, then PRUNED ones by furthest step and last value (NaN worst), then infeasible ones by their violation.
 * RUNNING trials always belong to the rest (the constant liar); leave them out of `trials` to switch it off.
 */
export function splitTrials(
  trials: readonly SamplerTrial[],
  direction: Direction,
  count: number,
): { below: SamplerTrial[]; above: SamplerTrial[] } {
  const sign = direction === 'minimize' ? 1 : -1;
  const complete: SamplerTrial[] = [];
  const pruned: SamplerTrial[] = [];
  const infeasible: SamplerTrial[] = [];
  const above: SamplerTrial[] = [];
  for (const trial of trials) {
    if (trial.state === 'RUNNING') above.push(trial);
    else if (trial.state === 'FAIL') continue;
    else if (violation(trial) > 0) infeasible.push(trial);
    else if (trial.state === 'COMPLETE') complete.push(trial);
    else pruned.push(trial);
  }
  complete.sort((a, b) => compare(sign * (a.value ?? Number.NaN), sign * (b.value ?? Number.NaN)));
  pruned.sort((a, b) => comparePruned(a, b, sign));
  infeasible.sort((a, b) => compare(violation(a), violation(b)));
  const ordered = [...complete, ...pruned, ...infeasible];
  const below = ordered.slice(0, count);
  above.push(...ordered.slice(count));
  below.sort((a, b) => a.number - b.number);
  above.sort((a, b) => a.number - b.number);
  return { below, above };
}

function violation(trial: SamplerTrial): number {
  let sum = 0;
  for (const constraint of trial.constraints ?? []) sum += Math.max(0, constraint);
  return sum;
}

function comparePruned(a: SamplerTrial, b: SamplerTrial, sign: number): number {
  const first = lastReport(a);
  const second = lastReport(b);
  if (first === null || second === null) return (first === null ? 1 : 0) - (second === null ? 1 : 0);
  return second.step - first.step || compare(sign * first.value, sign * second.value);
}

function lastReport(trial: SamplerTrial): { step: number; value: number } | null {
  let last: { step: number; value: number } | null = null;
  for (const [key, value] of Object.entries(trial.intermediate ?? {})) {
    const step = Number(key);
    if (last === null || step > last.step) last = { step, value };
  }
  return last;
}

/** Ascending, NaN last. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
