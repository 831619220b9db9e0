import type { GarbageReport, KeptBecause } from '@esteira/contracts';
import { noteUnreferenced, type UnreferencedBlob } from '../../storage/blobs/unreferenced-blob-store.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { CollectionRun } from './collection-run.ts';
import { saveReport } from './garbage-collection-store.ts';
import { addLine, addReports } from './garbage-report.ts';
import { keptDays, shortestDays } from './kept-days.ts';
import { heldSubjects, subjectKey } from './legal-hold-store.ts';
import { recordRemoval } from './removed-thing-store.ts';
import { listPolicies, listWorkspacesWithPolicies, type StoredPolicy } from './retention-policy-store.ts';
import type { Removable, RemovableThing } from './room-retention.ts';
import { markThingsInUse } from './things-in-use.ts';

const day = 86_400_000;
const pageSize = 200;
// What came to be in use shortly before the marks were set may have been written by a slower transaction.
const overlapMs = 60_000;

interface Expired {
  readonly thing: RemovableThing;
  readonly days: number;
}

/**
 * Removes what policies no longer keep, unless something in use, a hold or evidence keeps it. What the rows referred to goes
 * on the list of unreferenced content and is freed after the grace period. In a dry run, only counts.
 */
export async function removeExpired(run: CollectionRun): Promise<void> {
  const { sql, marks, rooms, signal } = run;
  run.progress(0.8, 'Applying the policies');
  const workspaces = await listWorkspacesWithPolicies(sql);
  if (workspaces.length > 0) await markThingsInUse(sql, rooms, 0, marks.addThing);
  const kept: GarbageReport['kept'] = [];
  for (const workspace of workspaces) {
    const policies = await listPolicies(sql, workspace);
    for (const room of rooms) {
      for (const removable of room.removable ?? []) await apply(workspace, removable, policies);
    }
  }
  run.report = { ...run.report, kept };

  async function apply(workspace: string, removable: Removable, policies: readonly StoredPolicy[]) {
    const { kind } = removable;
    const shortest = shortestDays(policies, kind);
    if (shortest === null) return;
    const before = run.startedAt - shortest * day;
    let after: string | undefined;
    for (;;) {
      signal.throwIfAborted();
      const things = await removable.page(sql, { workspace, before, after, limit: pageSize });
      const last = things.at(-1);
      if (last === undefined) return;
      after = last.key;
      const expired: Expired[] = [];
      for (const thing of things) {
        const days = keptDays(policies, kind, thing.project);
        if (days !== null && thing.at < run.startedAt - days * day) expired.push({ thing, days });
      }
      // What an earlier policy of this run removed is still there in a dry run.
      const there = expired.filter(({ thing }) => !thing.things.some(({ id }) => isRemoved(id)));
      const because = await reasonsToKeep(sql, workspace, there, marks.thingLabel);
      const free = there.filter(({ thing }) => {
        const reason = because.get(thing);
        if (reason !== undefined)
          addLine<'kept'>(kept, { workspace, kind, because: reason, things: 1, bytes: thing.bytes });
        return reason === undefined;
      });
      for (let start = 0; start < free.length; start += removable.batch)
        await remove(workspace, removable, free.slice(start, start + removable.batch));
    }
  }

  function isRemoved(id: string): boolean {
    return run.dryRun && marks.thingLabel(removedMark(id)) !== undefined;
  }

  async function remove(workspace: string, removable: Removable, expired: readonly Expired[]) {
    if (run.dryRun) {
      for (const { thing } of expired)
        if (thing.ends) for (const { id } of thing.things) marks.addThing(removedMark(id), 'removed');
      run.report = addReports(run.report, { removed: linesOf(workspace, removable, expired) });
      return;
    }
    const content = await contentOf(run, workspace, removable, expired);
    run.report = await sql.transaction(async (tx) => {
      await run.guard(tx);
      const free = await stillFree(tx, workspace, expired);
      const report = addReports(run.report, { removed: linesOf(workspace, removable, free) });
      if (free.length === 0) return report;
      const things = free.map(({ thing }) => thing);
      await removable.remove(
        tx,
        workspace,
        things.map(({ key }) => key),
      );
      for (const { thing, days } of free) {
        const gone = thing.ends ? thing.things : [];
        await recordRemoval(tx, workspace, gone, { kind: removable.kind, days, at: run.startedAt });
      }
      await noteUnreferenced(
        tx,
        things.flatMap((thing) => content.get(thing) ?? []),
      );
      await run.audit.record(
        tx,
        { ...run.context, workspace },
        {
          action: 'governance.retention.removed',
          subject: { kind: 'retention-policy', id: removable.kind },
          details: {
            collection: run.id,
            removed: free.map(({ thing, days }) => ({
              key: thing.key,
              days,
              digests: thing.content.slice(0, 10).map(({ digest }) => digest),
            })),
          },
        },
      );
      await saveReport(tx, run.id, report);
      return report;
    });
  }

  /** Asked again in the transaction that removes: something may have come into use since the marks were set. */
  async function stillFree(tx: SqlTransaction, workspace: string, expired: readonly Expired[]) {
    const fresh = new Map<string, KeptBecause>();
    await markThingsInUse(tx, rooms, run.startedAt - overlapMs, (id, because) => {
      if (fresh.has(id)) return false;
      fresh.set(id, because);
      return true;
    });
    const because = await reasonsToKeep(tx, workspace, expired, (id) => fresh.get(id));
    return expired.filter(({ thing }) => !because.has(thing));
  }
}

/** No id begins with a space. */
function removedMark(id: string): string {
  return ` ${id}`;
}

/** Why things stay although their retention is over; those that may go are left out. */
async function reasonsToKeep(
  sql: SqlReader,
  workspace: string,
  expired: readonly Expired[],
  labelOf: (id: string) => string | undefined,
): Promise<ReadonlyMap<RemovableThing, KeptBecause>> {
  const subjects = expired.flatMap(({ thing }) => [...thing.things, ...thing.within]);
  const held = new Set((await heldSubjects(sql, { workspace, subjects })).map(subjectKey));
  const reasons = new Map<RemovableThing, KeptBecause>();
  for (const { thing } of expired) {
    const isHeld = [...thing.things, ...thing.within].some((subject) => held.has(subjectKey(subject)));
    const label = thing.things.map(({ id }) => labelOf(id)).find((found) => found !== undefined);
    const reason = isHeld ? 'legal-hold' : ((label as KeptBecause | undefined) ?? thing.kept);
    if (reason !== undefined) reasons.set(thing, reason);
  }
  return reasons;
}

function linesOf(workspace: string, { kind }: Removable, expired: readonly Expired[]) {
  return expired.map(({ thing, days }) => {
    return { workspace, kind, project: thing.project, days, things: 1, bytes: thing.bytes };
  });
}

/** What each thing referred to, with what lies in its directories, as entries of the list of unreferenced content. */
async function contentOf(
  run: CollectionRun,
  workspace: string,
  { kind }: Removable,
  expired: readonly Expired[],
): Promise<ReadonlyMap<RemovableThing, readonly Omit<UnreferencedBlob, 'state'>[]>> {
  const since = run.startedAt;
  const entries = new Map<RemovableThing, Omit<UnreferencedBlob, 'state'>[]>();
  for (const { thing } of expired) {
    const waiting = [...thing.content];
    const own: Omit<UnreferencedBlob, 'state'>[] = [];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const stored = await run.blobs.stat(next.digest);
      if (stored === undefined) continue;
      own.push({ ...stored, since, workspace, kind, seenBy: null });
      if (next.type === 'file') continue;
      for (const entry of await run.blobs.getDirectory(next.digest))
        waiting.push({ digest: entry.digest, type: entry.kind });
    }
    entries.set(thing, own);
  }
  return entries;
}
