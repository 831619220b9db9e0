import type * as Ml from '@esteira/ml';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { TableEngine } from '../../storage/tables/table-engine.ts';
import { openPredictions } from '../predictions/open-predictions.ts';
import type { ArmMeasure } from './judge-arms.ts';

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');

export interface MeasureDeps {
  readonly sql: SqlReader;
  readonly blobs: BlobStore;
  readonly tables: TableEngine;
}

/** The part of the log that a step looks at: an endpoint from a revision on. */
export interface StepWindow {
  readonly workspace: string;
  readonly endpoint: string;
  readonly revision: number;
  /** Server time when the step began. */
  readonly startedAt: number;
  /** The project's limit of the 95th percentile; null where none is known. */
  readonly p95LimitMs: number | null;
}

export interface MeasuredArms {
  readonly candidate: ArmMeasure;
  readonly control: ArmMeasure;
  readonly srmP: number | null;
  readonly scoreShift: number | null;
}

/** What a shift is measured in. */
export type ScoreUnit = 'probability' | 'standard deviation';

const sampledScores = 5_000;
/** Shares of the candidate in a shadow: every request reaches both. */
const everything = 1;

/**
 * Reads what the log says of both arms since the step began. For a shadow only answers that have their copy count, so that
 * both sides are about the same rows. `share` is what the split should give the candidate; undefined for a shadow.
 */
export async function measureArms(
  deps: MeasureDeps,
  window: StepWindow,
  share: number | undefined,
  unit: ScoreUnit,
): Promise<MeasuredArms> {
  const candidateArm = share === undefined ? 'shadow' : 'canary';
  const { from } = await openPredictions(deps, window.workspace, window.endpoint, {
    since: window.startedAt,
  });
  const own = `revision >= ${Math.trunc(window.revision)} and status <> 'invalid' and unit is not null`;
  const rows =
    share === undefined
      ? `(select * from ${from} where ${own} and prediction_id in (select prediction_id from ${from} where arm = 'shadow' and ${own}))`
      : `(select * from ${from} where ${own})`;
  const measured = await deps.tables.query(
    `select arm, count(*) as "rows", count(distinct unit) as units, count(*) filter (status in ('error', 'fallback')) as errors,
       quantile_cont(latency_ms, 0.95) as p95, count(*) filter (latency_ms > ${window.p95LimitMs ?? 'null'}) as slow, avg(score) filter (status = 'ok') as mean, stddev_pop(score) filter (status = 'ok') as spread
     from ${rows} where arm in ('primary', '${candidateArm}') group by arm`,
  );
  const candidate = toMeasure(measured.find((row) => row.arm === candidateArm));
  const control = toMeasure(measured.find((row) => row.arm === 'primary'));
  return {
    candidate,
    control,
    srmP:
      share === undefined || candidate.units + control.units === 0
        ? null
        : ml().sampleRatioMismatch([candidate.units, control.units], [share, everything - share]).p,
    scoreShift: await measureShift(deps, rows, candidateArm, unit),
  };
}

/**
 * How far the scores moved (Wasserstein distance). Indices over bins would call two tree models different whose few score
 * values only lie beside each other.
 */
async function measureShift(
  deps: MeasureDeps,
  rows: string,
  candidateArm: string,
  unit: ScoreUnit,
): Promise<number | null> {
  const scores = async (arm: string): Promise<Float64Array> => {
    const columns = await deps.tables.numericColumns(
      `select score from ${rows} where arm = '${arm}' and status = 'ok' and score is not null order by hash(prediction_id) limit ${sampledScores}`,
    );
    return columns.get('score') ?? new Float64Array();
  };
  const control = await scores('primary');
  const candidate = await scores(candidateArm);
  if (control.length < 20 || candidate.length < 20) return null;
  const method = unit === 'probability' ? 'wasserstein.v1' : 'wasserstein.reference_std.v1';
  const drift = ml().driftAgainst(ml().createReferenceProfile(control), candidate, { methods: [method] });
  return drift.results[0]?.statistic ?? null;
}

function toMeasure(row: Readonly<Record<string, unknown>> | undefined): ArmMeasure {
  const number = (value: unknown): number | null =>
    typeof value === 'number' && Number.isFinite(value) ? value : null;
  return {
    rows: number(row?.rows) ?? 0,
    units: number(row?.units) ?? 0,
    errors: number(row?.errors) ?? 0,
    p95Ms: number(row?.p95),
    slow: number(row?.slow) ?? 0,
    meanScore: number(row?.mean),
    scoreSpread: number(row?.spread),
  };
}
