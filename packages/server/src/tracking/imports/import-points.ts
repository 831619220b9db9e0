import type { ImportedSeries } from '@esteira/contracts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { MetricSeries } from '../metric-series.ts';
import { appendMetricPoints, showAsLatest } from '../metric-store.ts';
import { metricFromWire } from '../metric-value.ts';
import type { RunTexts } from '../text-search/run-texts.ts';
import { assertRuns } from './import-runs.ts';

/** Takes points of metrics. Returns how many were sent. Throws RUN_NOT_FOUND. */
export async function importPoints(
  tx: SqlTransaction,
  workspace: string,
  all: readonly ImportedSeries[],
  { series, texts }: { readonly series: MetricSeries; readonly texts: RunTexts },
): Promise<number> {
  const runIds = [...new Set(all.map(({ runId }) => runId))];
  await assertRuns(tx, workspace, runIds);
  const batches = Array.from(
    Map.groupBy(all, ({ runId }) => runId),
    ([runId, own]) => ({
      runId,
      points: own.flatMap(({ name, points }) =>
        points.map(([step, at, value]) => ({ name, step, at, value: metricFromWire(value) })),
      ),
    }),
  );
  await appendMetricPoints(tx, batches, series);
  for (const { runId, name, latest } of all) {
    if (latest === undefined) continue;
    const [step, at, value] = latest;
    await showAsLatest(tx, runId, { name, step, at, value: metricFromWire(value) });
  }
  await texts.changed(tx, runIds);
  return batches.reduce((sum, { points }) => sum + points.length, 0);
}
