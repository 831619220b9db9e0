import type { DriftThresholds } from '@esteira/contracts';
import type { DriftMethod } from '@esteira/ml';

/** A distance and the practical limit it must exceed. */
export interface DriftLimit {
  readonly method: DriftMethod;
  readonly limit: number;
}

const defaultPsi = 0.1;

/** The distances that raise alarms, by the kind of column; PSI at 0.1 where no limit is set for that kind. */
export function driftLimits(thresholds: DriftThresholds): {
  readonly numeric: readonly DriftLimit[];
  readonly categorical: readonly DriftLimit[];
} {
  const numeric: DriftLimit[] = [];
  const categorical: DriftLimit[] = [];
  const { psi, jensenShannon, ks, wasserstein, lInfinity } = thresholds;
  if (psi !== undefined) {
    numeric.push({ method: 'psi.quantile10.v1', limit: psi });
    categorical.push({ method: 'psi.categories.v1', limit: psi });
  }
  if (jensenShannon !== undefined) {
    numeric.push({ method: 'jensenshannon.quantile10.base2.v1', limit: jensenShannon });
    categorical.push({ method: 'jensenshannon.categories.base2.v1', limit: jensenShannon });
  }
  if (ks !== undefined) numeric.push({ method: 'ks.v1', limit: ks });
  if (wasserstein !== undefined) numeric.push({ method: 'wasserstein.reference_std.v1', limit: wasserstein });
  if (lInfinity !== undefined) categorical.push({ method: 'l_infinity.v1', limit: lInfinity });
  if (numeric.length === 0) numeric.push({ method: 'psi.quantile10.v1', limit: defaultPsi });
  if (categorical.length === 0) categorical.push({ method: 'psi.categories.v1', limit: defaultPsi });
  return { numeric, categorical };
}

/** What is computed for every column, limit or not. */
export const shownMethods: Readonly<Record<'numeric' | 'categorical', readonly DriftMethod[]>> = {
  numeric: [
    'psi.quantile10.v1',
    'jensenshannon.quantile10.base2.v1',
    'ks.v1',
    'wasserstein.reference_std.v1',
  ],
  categorical: [
    'psi.categories.v1',
    'jensenshannon.categories.base2.v1',
    'chi2_contingency.v1',
    'l_infinity.v1',
  ],
};
