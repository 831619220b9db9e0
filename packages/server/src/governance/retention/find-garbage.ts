import type { RetentionKind } from '@esteira/contracts';
import type { ListedBlob } from '../../storage/blobs/blob-store.ts';
import {
  findUnreferenced,
  forgetUnreferenced,
  listUnreferenced,
  markSeen,
  noteUnreferenced,
  type UnreferencedBlob,
} from '../../storage/blobs/unreferenced-blob-store.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { CollectionRun } from './collection-run.ts';
import { addLine } from './garbage-report.ts';
import type { ContentLabel } from './mark-content.ts';
import { lastRemovalAt } from './removed-thing-store.ts';

const batch = 500;

/**
 * Goes through everything stored and puts what nothing refers to on the list. Since when nothing does is known from the
 * list; for what is new on it, from when it was last stored or, if later, when rows were last removed.
 * A dry run counts what would be freed now; a real one leaves that to the sweep.
 */
export async function findGarbage(run: CollectionRun): Promise<void> {
  const { marks, blobs, sql, report } = run;
  run.progress(0.3, 'Going through what is stored');
  const removedAt = await lastRemovalAt(sql);
  const found = {
    ...report,
    freed: [...report.freed],
    stored: [],
    waiting: { blobs: 0, bytes: 0, nextAt: null },
  };
  const stored = new Map<string, { blobs: number; bytes: number }>();
  const waiting: typeof report.waiting = found.waiting;
  let present = 0;
  let unreferenced: ListedBlob[] = [];
  for await (const blob of blobs.list()) {
    run.signal.throwIfAborted();
    const label = marks.contentLabel(blob.digest);
    if (label === undefined) {
      unreferenced.push(blob);
      if (unreferenced.length >= batch) await list(unreferenced.splice(0));
      continue;
    }
    present++;
    const amount = stored.get(label) ?? { blobs: 0, bytes: 0 };
    stored.set(label, { blobs: amount.blobs + 1, bytes: amount.bytes + blob.size });
  }
  await list(unreferenced);
  unreferenced = [];
  if (!run.dryRun) await forgetTheRest();
  run.report = {
    ...found,
    waiting,
    stored: [...stored].map(([label, amount]) => ({ ...(JSON.parse(label) as ContentLabel), ...amount })),
    missing: Math.max(0, marks.contentCount() - present),
  };

  async function list(some: readonly ListedBlob[]): Promise<void> {
    if (some.length === 0) return;
    const entries = run.dryRun
      ? await entriesOf(sql, some)
      : await sql.transaction(async (tx) => {
          await run.guard(tx);
          return await listIn(tx, some);
        });
    for (const { entry, storedAt } of entries) {
      const { size, since, workspace, kind } = entry;
      if (entry.state === 'freeing' || (since <= run.before && storedAt < run.before)) {
        if (run.dryRun)
          addLine<'freed'>(found.freed, { ...freedFrom(workspace, kind), blobs: 1, bytes: size });
        continue;
      }
      waiting.blobs++;
      waiting.bytes += size;
      const at = Math.max(since, storedAt) + run.grace;
      waiting.nextAt = Math.ceil(Math.min(waiting.nextAt ?? at, at));
    }
  }

  async function listIn(tx: SqlTransaction, some: readonly ListedBlob[]) {
    const entries = await entriesOf(tx, some);
    await noteUnreferenced(
      tx,
      entries.map(({ entry }) => entry),
    );
    await markSeen(
      tx,
      some.map(({ digest }) => digest),
      run.id,
    );
    return entries;
  }

  async function entriesOf(reader: SqlReader, some: readonly ListedBlob[]) {
    const known = new Map(
      (
        await findUnreferenced(
          reader,
          some.map(({ digest }) => digest),
        )
      ).map((entry) => [entry.digest, entry]),
    );
    return some.map(({ digest, size, storedAt }) => {
      const fresh: UnreferencedBlob = {
        digest,
        state: 'noticed',
        size,
        since: Math.ceil(Math.max(storedAt, removedAt)),
        workspace: null,
        kind: null,
        seenBy: run.id,
      };
      return { entry: { ...(known.get(digest) ?? fresh), size }, storedAt };
    });
  }

  /** What is on the list and was not seen is referred to again, or gone. */
  async function forgetTheRest(): Promise<void> {
    for (let after = ''; ; ) {
      const entries = await listUnreferenced(sql, { after, limit: batch });
      const last = entries.at(-1);
      if (last === undefined) return;
      after = last.digest;
      const stale = entries.filter(({ seenBy }) => seenBy !== run.id).map(({ digest }) => digest);
      if (stale.length > 0) await sql.transaction((tx) => forgetUnreferenced(tx, stale));
    }
  }
}

/** A line of what was freed, without its amounts. */
export function freedFrom(workspace: string | null, kind: string | null) {
  const because = kind === null ? ('unreferenced' as const) : ('retention' as const);
  return { workspace, kind: kind as RetentionKind | null, because };
}
