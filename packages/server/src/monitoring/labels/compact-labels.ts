import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import { latestLabels } from './label-files.ts';
import { findLabelParts, insertLabelPart, retireLabelParts } from './label-store.ts';

type Deps = Pick<MonitoringDeps, 'sql' | 'blobs' | 'tables' | 'clock' | 'ids' | 'serving'>;

const mostParts = 40;

/** Makes one file of an endpoint's many, and looks again for the predictions that were unknown. */
export async function compactLabels(deps: Deps, workspace: string, endpoint: string): Promise<void> {
  const { sql, blobs, tables } = deps;
  const parts = await findLabelParts(sql, workspace, endpoint);
  if (parts.length <= mostParts) return;
  const labels = await latestLabels(blobs, parts);
  const everything = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const predictions = await deps.serving.predictions.open(workspace, endpoint, everything);
  const directory = await blobs.temporaryDirectory();
  try {
    await tables.session(async (session) => {
      await session.query(
        `create temp table merged as select l.prediction_id, l.label, l.label_at, coalesce(l."time", p."time") as "time", l.seq
         from ${labels} l left join
         (select prediction_id, min("time") as "time" from ${predictions.from} group by prediction_id) p using (prediction_id)`,
      );
      const path = join(directory, 'labels.parquet');
      const { rows } = await session.writeParquet('select * from merged order by prediction_id', path);
      const [counts] = await session.query(
        'select count(*) filter ("time" is null) as unknown, min("time") as low, max("time") as high from merged',
      );
      const { digest } = await blobs.adopt(path);
      const now = deps.clock.now();
      await sql.transaction(async (tx) => {
        const ids = parts.map(({ id }) => id);
        const current = new Set((await findLabelParts(tx, workspace, endpoint)).map(({ id }) => id));
        // Another replica was faster; what was merged here is left to the garbage collection.
        if (ids.some((id) => !current.has(id))) return;
        await retireLabelParts(tx, workspace, ids, now);
        await insertLabelPart(tx, workspace, {
          id: deps.ids.next('lp'),
          endpoint,
          digest,
          rows,
          unknown: Number(counts?.unknown ?? 0),
          timeMin: typeof counts?.low === 'number' ? counts.low : null,
          timeMax: typeof counts?.high === 'number' ? counts.high : null,
          createdAt: now,
        });
      });
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
