import type { JsonValue } from '@esteira/contracts';
import type { JobRun } from '../../jobs/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { HeldLease, Leases } from '../../storage/sql/lease.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { CollectionRun } from './collection-run.ts';
import { findGarbage } from './find-garbage.ts';
import { finishCollection, oldestRunningJob } from './garbage-collection-store.ts';
import { reportFor } from './garbage-report.ts';
import { markContent } from './mark-content.ts';
import { openMarks } from './marks.ts';
import { recordCollection } from './record-collection.ts';
import { removeExpired } from './remove-expired.ts';
import type { RoomRetention } from './room-retention.ts';
import { sweepContent } from './sweep-content.ts';

export const collectJobKind = 'governance.collect-garbage';

export interface CollectorDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly leases: Leases;
  /** A folder of this process alone, for what a collection notes. */
  readonly directory: string;
  /** How long content that nothing refers to is kept, ms. */
  readonly grace: number;
  /** Asked for each collection: rooms are registered at composition. */
  rooms(): readonly RoomRetention[];
}

/**
 * The job: mark, list, sweep, then apply the policies. In this order, so that what the policies remove is freed by a later
 * collection, after its grace period, and a dry run says exactly what a collection would do. One at a time on the database.
 */
export function createGarbageCollector(deps: CollectorDeps): (job: JobRun) => Promise<JsonValue> {
  return (job) =>
    whileLeased(deps.leases, 'garbage-collection', job.signal, async (held) => {
      const run = await begin(deps, job, held);
      try {
        await markContent(run);
        await findGarbage(run);
        if (!run.dryRun) await sweepContent(run);
        await removeExpired(run);
      } finally {
        run.marks.close();
      }
      await finish(deps, run);
      return reportFor(run.report, run.context.workspace) as unknown as JsonValue;
    });
}

async function begin(deps: CollectorDeps, { job, context, ...rest }: JobRun, held: HeldLease) {
  const { sql, blobs, clock, audit, grace } = deps;
  const { dryRun, startedAt, report } = await sql.transaction((tx) =>
    recordCollection(tx, context, { id: job.id, dryRun: isDryRun(job.payload), startedAt: clock.now() }),
  );
  const run: CollectionRun = {
    id: job.id,
    dryRun,
    context,
    signal: AbortSignal.any([rest.signal, held.signal]),
    startedAt,
    grace,
    before: Math.min(startedAt - grace, (await oldestRunningJob(sql, collectJobKind)) ?? startedAt),
    rooms: deps.rooms(),
    marks: openMarks(deps.directory),
    sql,
    blobs,
    clock,
    audit,
    report,
    guard: held.guard,
    progress: rest.progress,
  };
  return run;
}

async function finish({ sql, clock, audit }: CollectorDeps, run: CollectionRun): Promise<void> {
  await sql.transaction(async (tx) => {
    await run.guard(tx);
    await finishCollection(tx, run.id, run.report, clock.now());
    if (run.dryRun) return;
    await audit.record(tx, run.context, {
      action: 'governance.garbage.collected',
      subject: { kind: 'garbage-collection', id: run.id },
      details: { removed: run.report.removed, freed: run.report.freed },
    });
  });
}

/** Waits for the lease, does the work once while it is held, and gives it back. */
async function whileLeased<R>(
  leases: Leases,
  name: string,
  signal: AbortSignal,
  work: (held: HeldLease) => Promise<R>,
): Promise<R> {
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let begun = false;
  const hold = leases.hold(name, async (held) => {
    if (begun) return;
    begun = true;
    // Its failure is the job's, not the lease's.
    await work(held).then(resolve, reject);
  });
  try {
    if (signal.aborted) onAbort();
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await hold.stop();
  }
}

function isDryRun(payload: JsonValue): boolean {
  return typeof payload === 'object' && payload !== null && 'dryRun' in payload && payload.dryRun === true;
}
