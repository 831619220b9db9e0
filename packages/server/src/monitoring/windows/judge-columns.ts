import type { ColumnFinding, DriftThresholds } from '@esteira/contracts';
import type * as Ml from '@esteira/ml';
import type { ColumnDrift, DriftResult, ReferenceProfile } from '@esteira/ml';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import type { ProfiledColumn, ProfiledReference } from '../reference/profile-reference.ts';
import { type DriftLimit, driftLimits, shownMethods } from './drift-methods.ts';

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');

/** A window's values of one column; undefined when the log has no such column. */
export interface WindowColumn {
  readonly column: string;
  readonly values: Float64Array | readonly (string | null)[] | undefined;
}

interface Measured {
  readonly column: string;
  readonly profiled: ProfiledColumn;
  readonly drift: ColumnDrift;
  readonly outOfRange: number | null;
  readonly candidates: readonly Candidate[];
}

/** A distance that may raise an alarm. */
interface Candidate {
  readonly result: DriftResult;
  readonly limit: number;
  readonly chunkLimit: number | null;
  adjustedP: number | null;
}

/**
 * Compares the columns of a window with the profiled reference. A column breaches when one of its distances is above the
 * practical limit, could not be chance (p calibrated at this window's size, Benjamini–Hochberg over all columns), and is
 * above what the reference's own windows reach. Deterministic: the same window gives the same findings.
 */
export function judgeColumns(
  reference: ProfiledReference,
  columns: readonly WindowColumn[],
  thresholds: DriftThresholds,
): readonly ColumnFinding[] {
  const limits = driftLimits(thresholds);
  const measured: Measured[] = [];
  for (const { column, values } of columns) {
    const profiled = reference.columns[column];
    if (!profiled || values === undefined) continue;
    const { kind } = profiled.profile;
    const drift = ml().driftAgainst(profiled.profile, values, {
      methods: shownMethods[kind],
      alpha: thresholds.alpha,
    });
    const candidates =
      drift.windowRows < thresholds.minRows ? [] : candidatesOf(profiled, drift, limits[kind], thresholds);
    measured.push({
      column,
      profiled,
      drift,
      outOfRange: outOfRange(profiled.profile, drift, values),
      candidates,
    });
  }
  adjustTogether(measured.flatMap(({ candidates }) => candidates));
  return columns.map(({ column }) => {
    const found = measured.find((one) => one.column === column);
    return found ? describe(found, thresholds) : absent(column);
  });
}

function candidatesOf(
  profiled: ProfiledColumn,
  drift: ColumnDrift,
  limits: readonly DriftLimit[],
  { sigmas }: DriftThresholds,
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const { method, limit } of limits) {
    const result = drift.results.find((one) => one.method === method);
    if (!result || result.statistic === null || result.p === null) continue;
    const chunks = profiled.chunkExcess[method];
    const chunkLimit =
      chunks && sigmas > 0 ? (result.noiseLevel ?? 0) + chunks.mean + sigmas * chunks.deviation : null;
    candidates.push({ result, limit, chunkLimit, adjustedP: null });
  }
  return candidates;
}

function adjustTogether(candidates: readonly Candidate[]): void {
  if (candidates.length === 0) return;
  const adjusted = ml().adjustPValues(
    candidates.map(({ result }) => result.p ?? 1),
    'benjamini-hochberg',
  );
  for (const [index, candidate] of candidates.entries()) candidate.adjustedP = adjusted[index] ?? null;
}

function describe(measured: Measured, thresholds: DriftThresholds): ColumnFinding {
  const { column, drift, candidates } = measured;
  const breaching = candidates.find((candidate) => breaches(candidate, thresholds));
  const shown = breaching ?? [...candidates].sort((a, b) => excess(b) - excess(a))[0];
  const { missing } = drift;
  return {
    column,
    kind: drift.kind,
    rows: drift.windowRows,
    method: shown?.result.method ?? null,
    distance: shown?.result.statistic ?? null,
    threshold: shown?.limit ?? null,
    p: shown?.result.p ?? null,
    adjustedP: shown?.adjustedP ?? null,
    noiseLevel: shown?.result.noiseLevel ?? null,
    chunkLimit: shown?.chunkLimit ?? null,
    breach: breaching !== undefined,
    reason: shown ? reasonFor(shown, thresholds) : tooFew(drift, thresholds),
    missing: { reference: missing.reference, window: missing.window, p: missing.p },
    outOfRange: measured.outOfRange,
    results: drift.results.map((result) => ({ ...result })),
  };
}

function breaches(candidate: Candidate, { alpha }: DriftThresholds): boolean {
  const { result, limit, chunkLimit, adjustedP } = candidate;
  const distance = result.statistic ?? 0;
  return (
    distance > limit &&
    adjustedP !== null &&
    adjustedP < alpha &&
    (chunkLimit === null || distance > chunkLimit)
  );
}

function reasonFor(candidate: Candidate, thresholds: DriftThresholds): string {
  const { result, limit, chunkLimit, adjustedP } = candidate;
  const distance = result.statistic ?? 0;
  const noise = result.noiseLevel === null ? '' : `; noise at this size reaches ${round(result.noiseLevel)}`;
  if (distance <= limit) return `${round(distance)} is within the limit of ${limit}${noise}`;
  if (adjustedP === null || adjustedP >= thresholds.alpha) {
    return `${round(distance)} is above ${limit} but may be chance (p ${round(adjustedP ?? 1)})${noise}`;
  }
  if (chunkLimit !== null && distance <= chunkLimit) {
    return `${round(distance)} is above ${limit}, but the reference's own windows reach ${round(chunkLimit)}`;
  }
  return `${round(distance)} is above the limit of ${limit}${noise}`;
}

function tooFew(drift: ColumnDrift, { minRows }: DriftThresholds): string {
  if (drift.referenceRows === 0) return 'the reference has no value';
  if (drift.windowRows < minRows) return `${drift.windowRows} value(s); at least ${minRows} are needed`;
  return 'the distance cannot be computed';
}

function absent(column: string): ColumnFinding {
  return {
    column,
    kind: 'numeric',
    rows: 0,
    method: null,
    distance: null,
    threshold: null,
    p: null,
    adjustedP: null,
    noiseLevel: null,
    chunkLimit: null,
    breach: false,
    reason: 'the log or the reference has no such column',
    missing: { reference: null, window: null, p: null },
    outOfRange: null,
    results: [],
  };
}

function excess({ result, limit }: Candidate): number {
  return (result.statistic ?? 0) / limit;
}

/** Share of the window's values outside the reference's range, or of categories it never had. */
function outOfRange(
  profile: ReferenceProfile,
  drift: ColumnDrift,
  values: NonNullable<WindowColumn['values']>,
): number | null {
  if (drift.windowRows === 0 || profile.rows === 0) return null;
  if (profile.kind === 'categorical') return drift.newCategoryRows / drift.windowRows;
  const low = profile.least ?? -Infinity;
  const high = profile.largest ?? Infinity;
  let outside = 0;
  for (const value of values) {
    if (typeof value === 'number' && Number.isFinite(value) && (value < low || value > high)) outside++;
  }
  return outside / drift.windowRows;
}

function round(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
