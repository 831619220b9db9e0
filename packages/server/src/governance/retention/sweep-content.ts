import type { GarbageReport } from '@esteira/contracts';
import {
  beginFreeing,
  forgetUnreferenced,
  listUnreferenced,
  type UnreferencedBlob,
} from '../../storage/blobs/unreferenced-blob-store.ts';
import { blobsAreHeld } from '../../storage/sql/blob-hold.ts';
import type { CollectionRun } from './collection-run.ts';
import { freedFrom } from './find-garbage.ts';
import { saveReport } from './garbage-collection-store.ts';
import { addLine, addReports } from './garbage-report.ts';

const batch = 100;

/**
 * Frees what this collection has seen unreferenced and what has been so for the grace period. Each part is taken off the
 * list in two transactions around the deletion, so that whoever stores the same content meanwhile waits, and a collection
 * that was cut off is carried on by the next.
 */
export async function sweepContent(run: CollectionRun): Promise<void> {
  const { sql } = run;
  run.progress(0.6, 'Freeing');
  for (let after = ''; ; ) {
    run.signal.throwIfAborted();
    const entries = await listUnreferenced(sql, { after, limit: batch });
    const last = entries.at(-1);
    if (last === undefined) return;
    after = last.digest;
    const due = entries.filter(
      (entry) => entry.state === 'freeing' || (entry.seenBy === run.id && entry.since <= run.before),
    );
    if (due.length === 0) continue;
    const taken = await take(due);
    if (taken === undefined) return;
    await free(due.filter(({ digest }) => taken.has(digest)));
  }

  /** Undefined while somebody copies what an earlier moment of the database refers to: nothing is freed then. */
  async function take(due: readonly UnreferencedBlob[]): Promise<ReadonlySet<string> | undefined> {
    const noticed = due.filter(({ state }) => state === 'noticed').map(({ digest }) => digest);
    return await sql.transaction(async (tx) => {
      await run.guard(tx);
      if (await blobsAreHeld(tx, run.clock.now())) return undefined;
      const begun = await beginFreeing(tx, noticed, run.before);
      const left = due.filter(({ state }) => state === 'freeing').map(({ digest }) => digest);
      return new Set([...begun, ...left]);
    });
  }

  async function free(entries: readonly UnreferencedBlob[]): Promise<void> {
    const freed: GarbageReport['freed'] = [];
    const digests = entries.map(({ digest }) => digest);
    const gone = await run.blobs.deleteMany(digests, { storedBefore: run.before });
    for (const { digest, size, workspace, kind } of entries) {
      if (gone.has(digest)) addLine<'freed'>(freed, { ...freedFrom(workspace, kind), blobs: 1, bytes: size });
    }
    const report = addReports(run.report, { freed });
    await sql.transaction(async (tx) => {
      await forgetUnreferenced(tx, digests);
      await saveReport(tx, run.id, report);
    });
    run.report = report;
  }
}
