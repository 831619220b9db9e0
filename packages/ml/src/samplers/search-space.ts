import { MlInputError } from '../ml-input-error.ts';

export type Choice = string | number | boolean | null;

/** One parameter's range. `step` on a float makes a grid low, low + step, …; an int's step defaults to 1. */
export type ParameterDistribution =
  | { type: 'float'; low: number; high: number; log?: boolean; step?: number }
  | { type: 'int'; low: number; high: number; log?: boolean; step?: number }
  | { type: 'categorical'; choices: readonly Choice[] };

export type SearchSpace = Readonly<Record<string, ParameterDistribution>>;

export type Params = Record<string, Choice>;

/** @throws MlInputError `SEARCH_SPACE_INVALID` naming the parameter and what is wrong with it */
export function requireSearchSpace(space: SearchSpace): void {
  for (const [name, distribution] of Object.entries(space)) {
    const problem = problemOf(distribution);
    if (problem !== null) throw new MlInputError('SEARCH_SPACE_INVALID', `${name}: ${problem}`);
  }
}

function problemOf(distribution: ParameterDistribution): string | null {
  if (distribution.type === 'categorical') return distribution.choices.length === 0 ? 'no choices' : null;
  const { type, low, high, log, step } = distribution;
  if (!Number.isFinite(low) || !Number.isFinite(high)) return 'low and high must be finite';
  if (low > high) return `low ${low} is above high ${high}`;
  if (type === 'int' && (!Number.isInteger(low) || !Number.isInteger(high)))
    return 'int bounds must be whole';
  if (log === true && low <= 0) return 'a log range starts above 0';
  if (log === true && type === 'int' && low < 1) return 'an int log range starts at 1 or above';
  if (step !== undefined && !(step > 0)) return 'step must be positive';
  if (type === 'int' && step !== undefined && !Number.isInteger(step)) return 'an int step must be whole';
  if (log === true && step !== undefined && !(type === 'int' && step === 1))
    return 'log and step exclude each other';
  return null;
}

/** The grid's step, or null for a continuous range. */
export function stepOf(distribution: Exclude<ParameterDistribution, { type: 'categorical' }>): number | null {
  return distribution.step ?? (distribution.type === 'int' ? 1 : null);
}

/** True when only one value is possible. */
export function isSingle(distribution: ParameterDistribution): boolean {
  if (distribution.type === 'categorical') return distribution.choices.length === 1;
  const step = stepOf(distribution);
  return (
    distribution.low === distribution.high || (step !== null && distribution.high - distribution.low < step)
  );
}

/**
 * The number samplers work with: the value itself, or the index of a choice. NaN when the value does not belong to
 * the distribution, as after a range was narrowed.
 */
export function toInternal(distribution: ParameterDistribution, value: Choice | undefined): number {
  if (distribution.type === 'categorical') {
    const index = distribution.choices.findIndex((choice) => Object.is(choice, value));
    return index < 0 ? Number.NaN : index;
  }
  if (typeof value !== 'number') return Number.NaN;
  return value >= distribution.low && value <= distribution.high ? value : Number.NaN;
}

/** The parameter's value from its internal number. */
export function toExternal(distribution: ParameterDistribution, internal: number): Choice {
  if (distribution.type === 'categorical') return distribution.choices[Math.round(internal)] ?? null;
  if (distribution.type === 'int') return Math.round(internal);
  return Math.min(distribution.high, Math.max(distribution.low, internal));
}
