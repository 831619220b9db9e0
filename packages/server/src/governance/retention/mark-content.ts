import type { CollectionRun } from './collection-run.ts';

/** A label of marked content: whose it is and what it belongs to. */
export interface ContentLabel {
  readonly workspace: string;
  readonly kind: string;
}

/** Marks all content that a row of any room refers to, and what lies in its directories. */
export async function markContent(run: CollectionRun): Promise<void> {
  const { marks, blobs, sql, rooms, before } = run;
  run.progress(0.05, 'Finding what is referred to');
  for (const room of rooms) {
    if (room.references === undefined) continue;
    for await (const { digest, type, workspace, kind } of room.references(sql, before)) {
      run.signal.throwIfAborted();
      const label = JSON.stringify({ workspace, kind } satisfies ContentLabel);
      if (marks.addContent(digest, type, label)) await markBelow(digest, label);
    }
  }

  async function markBelow(directory: string, label: string): Promise<void> {
    const waiting = [directory];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      // A directory that is gone is counted among what is missing.
      if ((await blobs.stat(next)) === undefined) continue;
      for (const entry of await blobs.getDirectory(next)) {
        if (marks.addContent(entry.digest, entry.kind, label)) waiting.push(entry.digest);
      }
    }
  }
}
