import type { ArmComparison } from '@esteira/contracts';

/** A mismatch this unlikely means that assignment or logging is broken. */
const SAMPLE_RATIO_ALARM = 0.001;

/** What was measured of one side. */
export interface ArmMeasure {
  readonly rows: number;
  /** Distinct assignment keys. */
  readonly units: number;
  readonly errors: number;
  readonly p95Ms: number | null;
  /** Rows that took longer than the project's limit; 0 where none is known. */
  readonly slow: number;
  readonly meanScore: number | null;
  readonly scoreSpread: number | null;
}

export interface JudgeInput {
  readonly candidate: ArmMeasure;
  readonly control: ArmMeasure;
  readonly srmP: number | null;
  readonly scoreShift: number | null;
  readonly scoreUnit: keyof typeof shiftLimits;
  /** Rows that the candidate must have answered. */
  readonly wantedRows: number;
  /** The project's limit; null where none is known. */
  readonly p95LimitMs: number | null;
}

export type Judgement = Pick<ArmComparison, 'verdict' | 'reasons'> | undefined;

/** More errors than this, and more than the control has beside it, is not chance. */
const errorMargin = 0.01;
const slowdownMargin = 1.2;
/** One-sided 99 %: a 95th percentile over the limit by less than chance explains is looked at longer. */
const sureZ = 2.326;
/** So many errors among the first answers end a rollout before it has its numbers. */
const earlyRows = 20;
const earlyErrorMargin = 0.2;
/**
 * A retrained model may well see things differently; one that moves its scores further than this on the same traffic is
 * looked at by a person. In units of probability, or standard deviations of the control.
 */
const shiftLimits = { probability: 0.3, 'standard deviation': 2 } as const;

/**
 * Decides about a step: undefined while there is too little data, roll-back when the candidate itself fails, hold when the
 * comparison cannot be trusted or a person should look. Errors of the control never speak against the candidate. A measure
 * that is missing or constant is never a pass.
 */
export function judgeArms(input: JudgeInput): Judgement {
  const { candidate, control } = input;
  const candidateErrors = share(candidate.errors, candidate.rows);
  const controlErrors = share(control.errors, control.rows);
  if (candidate.rows >= earlyRows && candidateErrors > controlErrors + earlyErrorMargin) {
    return {
      verdict: 'roll-back',
      reasons: [`${candidate.errors} of ${candidate.rows} answers of the candidate failed`],
    };
  }
  if (candidate.rows < input.wantedRows || control.rows === 0) return undefined;
  const failures: string[] = [];
  if (candidateErrors > controlErrors + errorMargin) {
    failures.push(
      `the candidate fails in ${percent(candidateErrors)} of its answers, the control in ${percent(controlErrors)}`,
    );
  }
  if (isSurelyOver(candidate, input.p95LimitMs) && !isSlow(control, input, candidate)) {
    failures.push(
      `the candidate's 95th percentile is ${candidate.p95Ms?.toFixed(2)} ms, the limit ${input.p95LimitMs} ms`,
    );
  }
  if (failures.length > 0) return { verdict: 'roll-back', reasons: failures };
  const doubts = findDoubts(input);
  if (doubts.length > 0) return { verdict: 'hold', reasons: doubts };
  return {
    verdict: 'promote',
    reasons: [`${candidate.rows} answers of the candidate against ${control.rows} of the control`],
  };
}

function findDoubts(input: JudgeInput): string[] {
  const { candidate, control, srmP, scoreShift, scoreUnit } = input;
  const doubts: string[] = [];
  if (isOver(candidate.p95Ms, input.p95LimitMs)) {
    doubts.push(
      isSlow(control, input, candidate)
        ? `both arms answer slower than ${input.p95LimitMs} ms: the machine is too busy to tell`
        : `${candidate.slow} of ${candidate.rows} answers of the candidate took longer than ${input.p95LimitMs} ms: too few to tell`,
    );
  }
  if (srmP !== null && srmP < SAMPLE_RATIO_ALARM)
    doubts.push(`traffic was not split as planned (p = ${srmP.toExponential(2)})`);
  if (candidate.meanScore === null) doubts.push('the candidate gave no score');
  if (candidate.scoreSpread === 0 && control.scoreSpread !== 0)
    doubts.push('the candidate gives every row the same score');
  const limit = shiftLimits[scoreUnit];
  if (scoreShift !== null && scoreShift > limit) {
    doubts.push(`the scores shifted by ${scoreShift.toFixed(2)} (${scoreUnit}; limit ${limit})`);
  }
  return doubts;
}

/** A latency that is not known is over every limit. */
function isOver(p95Ms: number | null, limitMs: number | null): boolean {
  return limitMs !== null && (p95Ms === null || p95Ms > limitMs);
}

/**
 * More answers are over the limit than the one in twenty that a 95th percentile at the limit has: by the normal
 * approximation of the binomial, more than chance explains.
 */
function isSurelyOver({ p95Ms, slow, rows }: ArmMeasure, limitMs: number | null): boolean {
  if (!isOver(p95Ms, limitMs)) return false;
  return p95Ms === null || slow > 0.05 * rows + sureZ * Math.sqrt(0.05 * 0.95 * rows);
}

/** The control is over the limit as well, and about as far: then it is not the candidate that is slow. */
function isSlow(control: ArmMeasure, input: JudgeInput, candidate: ArmMeasure): boolean {
  if (control.p95Ms === null || candidate.p95Ms === null) return false;
  return isOver(control.p95Ms, input.p95LimitMs) && candidate.p95Ms <= control.p95Ms * slowdownMargin;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}
