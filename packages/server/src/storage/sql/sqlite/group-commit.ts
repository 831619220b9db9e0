import type { SqliteConnection } from './sqlite-connection.ts';

/** Work that runs alone on the connection, inside a savepoint of the batch's transaction. */
interface CommitMember {
  /** Need not be on disk when it is committed. */
  readonly lazy: boolean;
  run(): Promise<void>;
  /** The commit that holds this member's writes is on disk, or done for a lazy one. */
  committed(): void;
  /** Nothing of this member was kept. */
  failed(error: unknown): void;
}

interface GroupCommit {
  add(member: CommitMember): void;
  /** Undefined while no transaction is open; else resolves when it has ended. */
  ended(): Promise<void> | undefined;
  /** Resolves when nothing is queued or open. */
  drained(): Promise<void>;
}

// Bounds how long the first member of a batch waits for the last.
const maxBatch = 256;

/**
 * One commit for all members that were added in one turn of the event loop: fsync is by far the dearest part of a small
 * write, and so costs once per turn. Each member has a savepoint of its own; one that throws takes back only itself. The
 * outcome of every member is told after the commit, because it may rest on rows of the members before it. A commit that
 * holds only lazy members does not wait for the disk.
 */
export function createGroupCommit(
  connection: SqliteConnection,
  onCommit?: (lazy: boolean) => void,
): GroupCommit {
  const queue: CommitMember[] = [];
  let open: Promise<void> | undefined;
  let scheduled = false;
  const drainWaiters: (() => void)[] = [];

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      open = commitBatch().finally(() => {
        open = undefined;
        scheduled = false;
        if (queue.length > 0) return schedule();
        for (const resume of drainWaiters.splice(0)) resume();
      });
    });
  }

  async function commitBatch(): Promise<void> {
    const kept: CommitMember[] = [];
    const refused: { member: CommitMember; error: unknown }[] = [];
    // One that must be durable takes the others along.
    const lazy = queue.every((member) => member.lazy);
    try {
      connection.waitForDisk(!lazy);
      connection.run('begin immediate', []);
    } catch (error) {
      for (const member of queue.splice(0)) member.failed(error);
      return;
    }
    try {
      while (queue.length > 0 && kept.length + refused.length < maxBatch) {
        if (lazy && queue[0]?.lazy === false) break;
        const member = queue.shift();
        if (member === undefined) break;
        const outcome = await runMember(member);
        if (outcome === undefined) kept.push(member);
        else refused.push({ member, error: outcome.error });
        // SQLite itself rolls the whole transaction back when the disk is full.
        if (!connection.inTransaction) throw outcome?.error ?? new Error('SQLite has ended the transaction.');
      }
      connection.run(kept.length > 0 ? 'commit' : 'rollback', []);
      if (kept.length > 0) onCommit?.(lazy);
    } catch (error) {
      rollBack();
      refused.push(...kept.splice(0).map((member) => ({ member, error })));
    }
    for (const { member, error } of refused) member.failed(error);
    for (const member of kept) member.committed();
  }

  async function runMember(member: CommitMember): Promise<{ error: unknown } | undefined> {
    let begun = false;
    try {
      connection.run('savepoint member', []);
      begun = true;
      await member.run();
      if (connection.inTransaction) connection.run('release member', []);
      return undefined;
    } catch (error) {
      if (begun && connection.inTransaction && !takeBackMember()) rollBack();
      return { error };
    }
  }

  function takeBackMember(): boolean {
    try {
      connection.run('rollback to member', []);
      connection.run('release member', []);
      return true;
    } catch {
      return false;
    }
  }

  // A rollback that fails has nothing to add: its members are refused with the error that led here.
  function rollBack(): void {
    try {
      if (connection.inTransaction) connection.run('rollback', []);
    } catch {}
  }

  return {
    add(member) {
      queue.push(member);
      schedule();
    },
    ended: () => open,
    drained: () => (scheduled ? new Promise((resolve) => drainWaiters.push(resolve)) : Promise.resolve()),
  };
}
