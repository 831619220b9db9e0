import {
  type Alternative,
  adjustPValues,
  andersonDarling,
  association,
  chiSquareContingency,
  chiSquareGoodnessOfFit,
  cramerVonMises,
  energyDistance,
  eppsSingleton,
  fisherExact,
  hellingerDistance,
  jensenShannonDistance,
  kolmogorovSmirnov,
  kullbackLeibler,
  lInfinityDistance,
  mannWhitney,
  type PAdjustment,
  populationStabilityIndex,
  proportionInterval,
  referenceQuantileHistogram,
  sturgesPooledHistogram,
  totalVariationDistance,
  tTest,
  twoProportionZ,
  wassersteinDistance,
} from '../../packages/ml/src/index.ts';
import { numberOrNaN, numbers, optionalNumber, record } from './case-values.ts';
import type { CaseAnswer, CaseArguments, GoldenAdapter } from './check-case.ts';

type Column = Float64Array;

/** statistics.json: scipy, statsmodels and the pinned formulas. */
export const statisticsCases: GoldenAdapter = {
  'ks_2samp.exact': ofSamples((ref, cur, call) => ks(ref, cur, 'exact', call)),
  'ks_2samp.asymp': ofSamples((ref, cur, call) => ks(ref, cur, 'asymptotic', call)),
  'ks_2samp.auto': ofSamples((ref, cur, call) => ks(ref, cur, 'auto', call)),
  'ks_2samp.nan_policy': nanPolicy((ref, cur, call) => ks(ref, cur, 'auto', call)),
  'mannwhitneyu.asymptotic': ofSamples((ref, cur, call) => ({
    ...mannWhitney(ref, cur, {
      method: 'asymptotic',
      alternative: alternativeOf(call),
      continuity: call.params.use_continuity !== false,
    }),
  })),
  'mannwhitneyu.exact': ofSamples((ref, cur, call) => ({
    ...mannWhitney(ref, cur, { method: 'exact', alternative: alternativeOf(call) }),
  })),
  'mannwhitneyu.auto': ofSamples((ref, cur) => ({ ...mannWhitney(ref, cur) })),
  'mannwhitneyu.nan_policy': nanPolicy((ref, cur) => ({ ...mannWhitney(ref, cur) })),
  wasserstein: ofSamples((ref, cur) => ({ value: wassersteinDistance(ref, cur) })),
  energy_distance: ofSamples((ref, cur) => ({ value: energyDistance(ref, cur) })),
  anderson_ksamp: ofSamples((ref, cur, call) => {
    // The library ranks NaN as the largest value; we refuse it.
    if (ref.some(Number.isNaN) || cur.some(Number.isNaN)) return undefined;
    const { statistic, p, criticalValues } = andersonDarling(ref, cur, call.params.midrank !== false);
    if (statistic === null) return { statistic, 'p_clipped_0.001_0.25': p };
    return { statistic, 'p_clipped_0.001_0.25': p, critical_values: criticalValues };
  }),
  'cramervonmises_2samp.asymptotic': ofSamples((ref, cur) => ({ ...cramerVonMises(ref, cur, 'asymptotic') })),
  'cramervonmises_2samp.exact': ofSamples((ref, cur) => ({ ...cramerVonMises(ref, cur, 'exact') })),
  epps_singleton_2samp: ofSamples((ref, cur) => {
    const { statistic, p, rank } = eppsSingleton(ref, cur);
    // With a singular covariance the library inverts rounding noise: its answer differs between its own runs.
    if (rank !== null && rank < 4) return undefined;
    return { statistic, p };
  }),
  'ttest_ind.student': ofSamples((ref, cur) => tAnswer(ref, cur, true)),
  'ttest_ind.welch': ofSamples((ref, cur) => tAnswer(ref, cur, false)),

  'psi.quantile10.v1': ofSamples((ref, cur, call) => {
    const histogram = referenceQuantileHistogram(ref, cur, numberOrNaN(call.params.bins ?? 10));
    if (histogram === null) return { value: null };
    return {
      value: populationStabilityIndex(histogram.referenceCounts, histogram.currentCounts, floorOf(call)),
      inner_edges: histogram.edges,
      ref_counts: histogram.referenceCounts,
      cur_counts: histogram.currentCounts,
    };
  }),
  'psi.sturges_pooled.v1': ofSamples((ref, cur, call) => {
    const histogram = sturgesPooledHistogram(ref, cur);
    return {
      value: populationStabilityIndex(histogram.referenceCounts, histogram.currentCounts, floorOf(call)),
      edges: histogram.edges,
      ref_counts: histogram.referenceCounts,
      cur_counts: histogram.currentCounts,
    };
  }),
  'jensenshannon.sturges_pooled.base_e': ofSturgesBins((p, q) => jensenShannonDistance(p, q)),
  'jensenshannon.sturges_pooled.base_2': ofSturgesBins((p, q) => jensenShannonDistance(p, q, 2)),
  'hellinger.sturges_pooled': (call) => whereDefined(ofSturgesBins(hellingerDistance)(call)),

  chi2_contingency: ofCounts((ref, cur) => contingencyAnswer(ref, cur, {})),
  'chi2_contingency.yates': ofCounts((ref, cur) => contingencyAnswer(ref, cur, { yates: true })),
  'g_test.contingency': ofCounts((ref, cur) => contingencyAnswer(ref, cur, { statistic: 'log-likelihood' })),
  'chisquare.gof': ofCounts((ref, cur) => ({
    ...chiSquareGoodnessOfFit(
      cur,
      ref.map((count) => (count * sum(cur)) / sum(ref)),
    ),
  })),
  fisher_exact: ofCounts((ref, cur) => {
    const present = Array.from(ref.keys()).filter((i) => (ref[i] ?? 0) + (cur[i] ?? 0) > 0);
    const cell = (counts: Column, position: number): number => counts[present[position] ?? -1] ?? 0;
    const { oddsRatio, p } = fisherExact(cell(ref, 0), cell(ref, 1), cell(cur, 0), cell(cur, 1));
    return { odds_ratio: oddsRatio, p };
  }),
  'association.cramer': ofCounts((ref, cur) => ({ value: association(ref, cur, 'cramer') })),
  'association.tschuprow': ofCounts((ref, cur) => ({ value: association(ref, cur, 'tschuprow') })),
  'association.pearson': ofCounts((ref, cur) => ({ value: association(ref, cur, 'pearson') })),
  'cramers_v.bias_corrected': ofCounts((ref, cur) => ({
    value: association(ref, cur, 'cramer-bias-corrected'),
  })),
  'jensenshannon.base_e': ofCounts((ref, cur) => ({ value: jensenShannonDistance(ref, cur) })),
  'jensenshannon.base_2': ofCounts((ref, cur) => ({ value: jensenShannonDistance(ref, cur, 2) })),
  hellinger: ofCounts((ref, cur) => whereDefined({ value: hellingerDistance(ref, cur) })),
  kl: ofCounts((ref, cur) => ({ value: kullbackLeibler(ref, cur) })),
  'kl.floor': ofCounts((ref, cur, call) => ({ value: kullbackLeibler(ref, cur, floorOf(call)) })),
  psi: ofCounts((ref, cur, call) => ({ value: populationStabilityIndex(ref, cur, floorOf(call)) })),
  l_infinity: ofCounts((ref, cur) => ({ value: lInfinityDistance(ref, cur) })),
  total_variation: ofCounts((ref, cur) => ({ value: totalVariationDistance(ref, cur) })),

  two_proportion_z: (call) => ({
    ...twoProportionZ(
      numberOrNaN(call.data.x1),
      numberOrNaN(call.data.n1),
      numberOrNaN(call.data.x2),
      numberOrNaN(call.data.n2),
      alternativeOf(call),
    ),
  }),
  'proportion_ci.wilson': (call) => intervalAnswer(call, 'wilson'),
  'proportion_ci.clopper_pearson': (call) => intervalAnswer(call, 'clopper-pearson'),
  'proportion_ci.agresti_coull': (call) => intervalAnswer(call, 'agresti-coull'),
  'proportion_ci.normal': (call) => intervalAnswer(call, 'normal'),

  'vec.jensenshannon.base_e': ofVectors((p, q) => jensenShannonDistance(p, q)),
  'vec.jensenshannon.base_2': ofVectors((p, q) => jensenShannonDistance(p, q, 2)),
  'vec.kl': ofVectors((p, q) => kullbackLeibler(p, q)),
  'vec.hellinger': (call) => whereDefined(ofVectors(hellingerDistance)(call)),
  'vec.psi': ofVectors((p, q, call) => populationStabilityIndex(p, q, floorOf(call))),

  'multipletests.fdr_bh': (call) => adjustedAnswer(call, 'benjamini-hochberg'),
  'multipletests.fdr_by': (call) => adjustedAnswer(call, 'benjamini-yekutieli'),
  'multipletests.bonferroni': (call) => adjustedAnswer(call, 'bonferroni'),
  'multipletests.holm': (call) => adjustedAnswer(call, 'holm'),
  'multipletests.hommel': (call) => adjustedAnswer(call, 'hommel'),
  'multipletests.simes-hochberg': (call) => adjustedAnswer(call, 'simes-hochberg'),
};

function ks(
  ref: Column,
  cur: Column,
  method: 'auto' | 'exact' | 'asymptotic',
  call: CaseArguments,
): CaseAnswer {
  const { statistic, p, location, sign } = kolmogorovSmirnov(ref, cur, {
    method,
    alternative: alternativeOf(call),
  });
  return { statistic, p, statistic_location: location, statistic_sign: sign };
}

function tAnswer(ref: Column, cur: Column, equalVariances: boolean): CaseAnswer {
  const { statistic, p, df } = tTest(ref, cur, { equalVariances });
  return { statistic, p, df };
}

function contingencyAnswer(
  ref: Column,
  cur: Column,
  options: { yates?: boolean; statistic?: 'log-likelihood' },
): CaseAnswer {
  return { ...chiSquareContingency(ref, cur, options) };
}

function intervalAnswer(call: CaseArguments, method: Parameters<typeof proportionInterval>[2]): CaseAnswer {
  const interval = proportionInterval(
    numberOrNaN(call.data.x),
    numberOrNaN(call.data.n),
    method,
    numberOrNaN(call.params.alpha ?? 0.05),
  );
  return interval === null ? { low: null, high: null } : { ...interval };
}

// Where a side has no mass the vectors' Hellinger formula ends in max(0, NaN) = 0; we have no number there.
function whereDefined(answer: CaseAnswer): CaseAnswer {
  return answer?.value === null ? undefined : answer;
}

function adjustedAnswer(call: CaseArguments, method: PAdjustment): CaseAnswer {
  // The library lets NaN through its sort; we refuse it.
  if (numbers(call.data.p).some(Number.isNaN)) return undefined;
  const alpha = numberOrNaN(call.params.alpha);
  const adjusted = adjustPValues(numbers(call.data.p), method);
  return { p_adjusted: adjusted, reject: Array.from(adjusted, (p) => p <= alpha) };
}

function ofSamples(answer: (ref: Column, cur: Column, call: CaseArguments) => CaseAnswer) {
  return (call: CaseArguments): CaseAnswer => answer(numbers(call.data.ref), numbers(call.data.cur), call);
}

function ofSturgesBins(distance: (p: Column, q: Column) => number | null) {
  return ofSamples((ref, cur) => {
    const { referenceCounts, currentCounts } = sturgesPooledHistogram(ref, cur);
    return { value: distance(referenceCounts, currentCounts) };
  });
}

// `propagate` is what our tests do by themselves: NaN inside means not computable.
function nanPolicy(answer: (ref: Column, cur: Column, call: CaseArguments) => CaseAnswer) {
  return ofSamples((ref, cur, call) => {
    if (call.params.nan_policy !== 'omit') return answer(ref, cur, call);
    const kept = (column: Column): Column => column.filter((value) => !Number.isNaN(value));
    return answer(kept(ref), kept(cur), call);
  });
}

function ofCounts(answer: (ref: Column, cur: Column, call: CaseArguments) => CaseAnswer) {
  return (call: CaseArguments): CaseAnswer => {
    const ref = record(call.data.ref_counts);
    const cur = record(call.data.cur_counts);
    const keys = [...new Set([...Object.keys(ref), ...Object.keys(cur)])].sort();
    const column = (counts: typeof ref): Column =>
      Float64Array.from(keys, (key) => numberOrNaN(counts[key] ?? 0));
    return answer(column(ref), column(cur), call);
  };
}

function ofVectors(distance: (p: Column, q: Column, call: CaseArguments) => number | null) {
  return (call: CaseArguments): CaseAnswer => ({
    value: distance(numbers(call.data.p), numbers(call.data.q), call),
  });
}

function alternativeOf(call: CaseArguments): Alternative {
  const alternative = call.params.alternative;
  return alternative === 'less' || alternative === 'greater' ? alternative : 'two-sided';
}

function floorOf(call: CaseArguments): number | undefined {
  return optionalNumber('floor', call.params.floor).floor;
}

function sum(values: Column): number {
  return values.reduce((total, value) => total + value, 0);
}
