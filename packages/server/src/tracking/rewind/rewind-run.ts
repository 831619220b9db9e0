import type { KeptBecause } from '@esteira/contracts';
import type { AuditLog, Lineage } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { keptReasons } from '../kept-reasons.ts';
import { takeFromJournal } from '../metric-journal.ts';
import { insertPoints } from '../metric-points.ts';
import type { MetricSeries } from '../metric-series.ts';
import type { MetricSorter } from '../metric-sorter.ts';
import type { RunHead } from '../run.ts';
import { newRevision } from '../run-revision.ts';
import { insertRun, updateRun } from '../run-store.ts';
import type { RunTexts } from '../text-search/run-texts.ts';
import { assertRunNotHeld, writableRun } from '../writable-run.ts';
import {
  copyEntries,
  copyPoints,
  countBehind,
  lockSeries,
  moveModelMetrics,
  type RewindTo,
  removeBehind,
  showRemaining,
} from './rewind-store.ts';

/** What a run that was put back has lost, and where it is kept. */
interface RewoundRun {
  readonly points: number;
  /** The run as it was, deleted, so that it is found and restored like others; absent where nothing was lost. */
  readonly kept?: Pick<RunHead, 'id' | 'name'>;
}

/**
 * Puts a run back: the points behind the step or the time are gone wherever it is looked at; parameters, tags and files stay
 * as they are. Points that come while it is put back are there before or after, never both; writers go on with the same
 * series. Throws RUN_NOT_FOUND, RUN_DELETED, REWIND_KEPT, LEGAL_HOLD.
 */
export type Rewind = (
  context: RequestContext,
  id: string,
  to: RewindTo,
  /** Those of the ids that stay as they are whatever anybody says, and why. */
  keptBecause: (reader: SqlReader, ids: readonly string[]) => Promise<ReadonlyMap<string, KeptBecause>>,
) => Promise<RewoundRun>;

interface RewindDeps {
  readonly sql: SqlDatabase;
  readonly audit: AuditLog;
  readonly lineage: Lineage;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly series: MetricSeries;
  readonly sorter: MetricSorter;
  readonly texts: RunTexts;
}

export function createRewind(deps: RewindDeps): Rewind {
  const { sql, audit, series } = deps;
  return (context, id, to, keptBecause) =>
    sql.transaction(
      async (tx) => {
        const run = await writableRun(tx, context, id);
        await assertRunNotHeld(tx, context, run);
        const because = (await keptBecause(tx, [id])).get(id);
        if (because !== undefined) throw esteiraError('REWIND_KEPT', { id, reason: keptReasons[because] });
        // First, so that from here on neither the latest values nor the points of these series are anybody else's to move.
        const seriesIds = new Set(await lockSeries(tx, id, sql.capabilities.manyWriters));
        await insertPoints(tx, await takeFromJournal(tx, seriesIds, deps));
        const points = await countBehind(tx, id, to);
        if (points === 0) return { points };
        const kept = await keepAsItIs(tx, context, run);
        await removeBehind(tx, id, to);
        await moveModelMetrics(tx, id, to, kept.id);
        await showRemaining(tx, [id, kept.id]);
        await deps.texts.changed(tx, [id]);
        await audit.record(tx, context, {
          action: 'tracking.run.rewound',
          subject: { kind: 'run', id },
          details: { ...to, points, kept: kept.id },
        });
        return { points, kept: { id: kept.id, name: kept.name } };
      },
      // Each statement is to see what others have committed by then: what the series and the journal hold is locked.
      { isolation: 'read-committed' },
    );

  async function keepAsItIs(tx: SqlTransaction, context: RequestContext, run: RunHead): Promise<RunHead> {
    const kept: RunHead = { ...run, id: deps.ids.next('run'), name: `${run.name} (before rewind)` };
    await insertRun(tx, context.workspace, kept, newRevision(deps.ids));
    await updateRun(tx, context.workspace, kept.id, { deletedAt: deps.clock.now() });
    await copyEntries(tx, run.id, kept.id);
    await copyPoints(tx, run.id, kept.id, series);
    deps.texts.begun(tx);
    await deps.lineage.link(tx, context, {
      from: { kind: 'run', id: run.id },
      to: { kind: 'run', id: kept.id },
      relation: 'rewound',
    });
    return kept;
  }
}
