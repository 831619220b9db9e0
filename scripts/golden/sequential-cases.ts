import {
  cohensH,
  confidenceSequenceRho2,
  cuped,
  differenceConfidenceSequence,
  mean,
  meanConfidenceSequence,
  mixtureSequentialTest,
  sampleRatioMismatch,
  sampleSizeForT,
  sampleSizeForZ,
  tInterval,
  tTest,
  variance,
} from '../../packages/ml/src/index.ts';
import { numberOrNaN, numbers } from './case-values.ts';
import type { CaseAnswer, CaseArguments, GoldenAdapter } from './check-case.ts';

const CHECKPOINTS = [1, 2, 5, 10, 20, 50, 100, 200, 400, 600, 800, 1000];

/** sequential.json: always-valid tests, sample ratios, CUPED, sample sizes. */
export const sequentialCases: GoldenAdapter = {
  'msprt.two_sample': (call) => {
    const differences = pairedDifferences(call);
    const test = mixtureSequentialTest(differences, {
      sigma2: 2 * numberOrNaN(call.params.sigma2),
      tau2: numberOrNaN(call.params.tau2),
      alpha: numberOrNaN(call.params.alpha),
    });
    const at = checkpointsOf(differences);
    return {
      checkpoints: at,
      log_lambda: picked(test.logLambda, at),
      p: picked(test.p, at),
      difference: picked(test.estimate, at),
      first_rejection_n: test.firstRejection,
    };
  },
  'msprt.one_sample_with_ci': (call) => {
    const differences = pairedDifferences(call);
    const test = mixtureSequentialTest(differences, {
      sigma2: numberOrNaN(call.params.sigma2),
      tau2: numberOrNaN(call.params.tau2),
      alpha: numberOrNaN(call.params.alpha),
    });
    const at = checkpointsOf(differences);
    return {
      checkpoints: at,
      log_lambda: picked(test.logLambda, at),
      p: picked(test.p, at),
      mean: picked(test.estimate, at),
      low: picked(test.low, at),
      high: picked(test.high, at),
    };
  },
  'asymptotic_cs.mean': (call) => {
    const stream = numbers(call.data.treatment);
    const rho2 = numberOrNaN(call.params.rho2);
    const sequence = meanConfidenceSequence(stream, rho2, numberOrNaN(call.params.alpha));
    const at = checkpointsOf(stream);
    return {
      checkpoints: at,
      mean: picked(sequence.estimate, at),
      low: picked(sequence.low, at),
      high: picked(sequence.high, at),
      rho2,
    };
  },
  'asymptotic_cs.difference': (call) => {
    const found = differenceConfidenceSequence(
      summaryOf(numbers(call.data.control)),
      summaryOf(numbers(call.data.treatment)),
      numberOrNaN(call.params.rho2),
      numberOrNaN(call.params.alpha),
    );
    // Without spread the formula gives an interval of no width; we call it inconclusive.
    if (found === null) return undefined;
    const { difference, low, high } = found;
    return { difference, low, high, t: found.rows, variance_scaled: found.scaledVariance };
  },
  'asymptotic_cs.rho2': (call) => ({
    exact: confidenceSequenceRho2(numberOrNaN(call.data.t_opt), numberOrNaN(call.data.alpha)),
  }),
  'fixed_horizon.welch': (call) => {
    const test = tTest(numbers(call.data.treatment), numbers(call.data.control));
    const interval = tInterval(test, 1 - numberOrNaN(call.params.ci ?? 0.95));
    return {
      statistic: test.statistic,
      p: test.p,
      df: test.df,
      ci_low: interval?.low ?? null,
      ci_high: interval?.high ?? null,
    };
  },
  srm: (call) => {
    const { statistic, p, df, mismatch } = sampleRatioMismatch(
      numbers(call.data.counts),
      numbers(call.data.ratio),
    );
    return { statistic, p, df, 'srm_at_0.001': mismatch === true };
  },
  'sample_size.two_proportions': (call) => {
    const h = cohensH(numberOrNaN(call.data.p1), numberOrNaN(call.data.p2));
    const rows = sampleSizeForZ(h, numberOrNaN(call.data.alpha), numberOrNaN(call.data.power));
    return rows === null ? { n_per_arm: null } : { cohens_h: h, n_per_arm: rows };
  },
  'sample_size.two_means_t': (call) => ({
    value: sampleSizeForT(
      numberOrNaN(call.data.cohens_d),
      numberOrNaN(call.data.alpha),
      numberOrNaN(call.data.power),
    ),
  }),
  cuped: (call) => {
    const found = cuped(
      { before: numbers(call.data.pre_control), outcome: numbers(call.data.y_control) },
      { before: numbers(call.data.pre_treatment), outcome: numbers(call.data.y_treatment) },
    );
    return {
      theta: found.theta,
      difference: found.difference,
      statistic: found.statistic,
      p: found.p,
      variance_reduction: found.varianceReduction,
    };
  },
} satisfies Record<string, (call: CaseArguments) => CaseAnswer>;

function pairedDifferences(call: CaseArguments): Float64Array {
  const control = numbers(call.data.control);
  return numbers(call.data.treatment).map((value, i) => value - (control[i] ?? Number.NaN));
}

function checkpointsOf(stream: Float64Array): number[] {
  return CHECKPOINTS.filter((rows) => rows <= stream.length);
}

function picked(values: Float64Array, at: number[]): number[] {
  return at.map((rows) => values[rows - 1] ?? Number.NaN);
}

function summaryOf(values: Float64Array): { rows: number; mean: number; variance: number } {
  return { rows: values.length, mean: mean(values), variance: variance(values, 0) };
}
