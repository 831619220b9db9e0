import { MlInputError } from '../ml-input-error.ts';
import type { Values } from '../numeric-values.ts';

/**
 * Exact rho^2 that makes an asymptotic confidence sequence tightest after `tightestAt` observations: x / tightestAt
 * with x = -2 ln alpha + ln(x + 1), the lower branch of Lambert's W (Waudby-Smith et al., arXiv 2103.06476).
 * @throws MlInputError `ALPHA_OUT_OF_RANGE`, `SAMPLE_SIZE_INVALID`
 */
export function confidenceSequenceRho2(tightestAt: number, alpha: number): number {
  requireAlpha(alpha);
  if (!(tightestAt > 0)) throw new MlInputError('SAMPLE_SIZE_INVALID', `tightestAt is ${tightestAt}`);
  const target = -2 * Math.log(alpha);
  let x = target + Math.log(target + 1);
  for (let i = 0; i < 100; i++) {
    const step = (x - target - Math.log1p(x)) / (1 - 1 / (1 + x));
    x -= step;
    if (Math.abs(step) <= 1e-15 * x) break;
  }
  return x / tightestAt;
}

/** Half-width of a two-sided asymptotic confidence sequence for a deviation of 1 after n observations. */
function confidenceSequenceReach(n: number, rho2: number, alpha: number): number {
  const scaled = n * rho2 + 1;
  return Math.sqrt(((2 * scaled) / (n * n * rho2)) * Math.log(Math.sqrt(scaled) / alpha));
}

export interface SequenceOfIntervals {
  /** After 1, 2, … observations. */
  estimate: Float64Array;
  low: Float64Array;
  high: Float64Array;
}

/**
 * Always-valid intervals for a mean: mean_t ± deviation_t * reach, with the population deviation of the first t.
 * @throws MlInputError `ALPHA_OUT_OF_RANGE`, `RHO2_INVALID`
 */
export function meanConfidenceSequence(stream: Values, rho2: number, alpha: number): SequenceOfIntervals {
  requireAlpha(alpha);
  requireRho2(rho2);
  const result = emptySequence(stream.length);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < stream.length; i++) {
    const x = stream[i] ?? 0;
    sum += x;
    squares += x * x;
    const t = i + 1;
    const center = sum / t;
    const deviation = Math.sqrt(Math.max(0, squares / t - center * center));
    const reach = deviation * confidenceSequenceReach(t, rho2, alpha);
    result.estimate[i] = center;
    result.low[i] = center - reach;
    result.high[i] = center + reach;
  }
  return result;
}

export interface ConfidenceSequenceDifference {
  difference: number;
  low: number;
  high: number;
  /** Observations of both arms. */
  rows: number;
  /** rows * (v_control / n_control + v_treatment / n_treatment), population variances. */
  scaledVariance: number;
  /** Always-valid p of no difference. */
  p: number;
}

/**
 * Always-valid interval for treatment minus control from the arms' sizes, means and population variances, as they
 * stand now. Null when an arm is empty or neither has spread.
 * @throws MlInputError `ALPHA_OUT_OF_RANGE`, `RHO2_INVALID`
 */
export function differenceConfidenceSequence(
  control: { rows: number; mean: number; variance: number },
  treatment: { rows: number; mean: number; variance: number },
  rho2: number,
  alpha: number,
): ConfidenceSequenceDifference | null {
  requireAlpha(alpha);
  requireRho2(rho2);
  if (control.rows === 0 || treatment.rows === 0) return null;
  const rows = control.rows + treatment.rows;
  const difference = treatment.mean - control.mean;
  const scaledVariance = rows * (control.variance / control.rows + treatment.variance / treatment.rows);
  if (!(scaledVariance > 0)) return null;
  const reach = Math.sqrt(scaledVariance) * confidenceSequenceReach(rows, rho2, alpha);
  const scaled = rows * rho2 + 1;
  const logE =
    (rho2 * difference * difference * rows * rows) / (2 * scaledVariance * scaled) - 0.5 * Math.log(scaled);
  return {
    difference,
    low: difference - reach,
    high: difference + reach,
    rows,
    scaledVariance,
    p: Math.min(1, Math.exp(-logE)),
  };
}

export interface MixtureTest extends SequenceOfIntervals {
  /** ln of the mixture likelihood ratio after each observation. */
  logLambda: Float64Array;
  /** Running minimum of min(1, 1 / Lambda). */
  p: Float64Array;
  /** Observations at the first p <= alpha, or null. */
  firstRejection: number | null;
}

/**
 * Mixture sequential probability ratio test of a mean against `null` (Robbins 1970; Johari et al. 2022): known
 * variance sigma2, effects mixed over N(0, tau2), with the interval that inverts it. For two arms arriving in pairs
 * pass treatment minus control and twice the arm's variance.
 * @throws MlInputError `ALPHA_OUT_OF_RANGE`, `VARIANCE_INVALID`
 */
export function mixtureSequentialTest(
  stream: Values,
  options: { sigma2: number; tau2: number; alpha: number; null?: number },
): MixtureTest {
  const { sigma2, tau2, alpha } = options;
  requireAlpha(alpha);
  if (!(sigma2 > 0) || !(tau2 > 0))
    throw new MlInputError('VARIANCE_INVALID', 'sigma2 and tau2 must be positive');
  const n = stream.length;
  const result = { ...emptySequence(n), logLambda: new Float64Array(n), p: new Float64Array(n) };
  let firstRejection: number | null = null;
  let sum = 0;
  let smallest = 1;
  for (let i = 0; i < n; i++) {
    sum += stream[i] ?? 0;
    const t = i + 1;
    const center = sum / t;
    const distance = center - (options.null ?? 0);
    const mixed = sigma2 + t * tau2;
    const logLambda =
      0.5 * Math.log(sigma2 / mixed) + (t * t * tau2 * distance * distance) / (2 * sigma2 * mixed);
    smallest = Math.min(smallest, Math.exp(-logLambda));
    const reach = Math.sqrt(
      ((sigma2 * mixed) / (t * t * tau2)) * (Math.log(mixed / sigma2) - 2 * Math.log(alpha)),
    );
    result.estimate[i] = center;
    result.low[i] = center - reach;
    result.high[i] = center + reach;
    result.logLambda[i] = logLambda;
    result.p[i] = smallest;
    if (firstRejection === null && smallest <= alpha) firstRejection = t;
  }
  return { ...result, firstRejection };
}

function emptySequence(n: number): SequenceOfIntervals {
  return { estimate: new Float64Array(n), low: new Float64Array(n), high: new Float64Array(n) };
}

function requireAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha < 1)) throw new MlInputError('ALPHA_OUT_OF_RANGE', `alpha is ${alpha}`);
}

function requireRho2(rho2: number): void {
  if (!(rho2 > 0)) throw new MlInputError('RHO2_INVALID', `rho2 is ${rho2}`);
}
