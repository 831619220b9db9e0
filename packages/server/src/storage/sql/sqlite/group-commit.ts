import { esteiraError } from '../../../kernel/errors.ts';
import { isOutOfRoom, type SqliteConnection } from './sqlite-connection.ts';

/** Work that runs alone on the connection, inside a savepoint of the batch's transaction. */
interface CommitMember {
  /** Need not be on disk when it is committed. */
  readonly lazy: boolean;
  run(): Promise<void>;
  /** The commit that holds this member's writes is on disk, or made for a lazy one. */
  committed(): void;
  /** Nothing of this member was kept. */
  failed(error: unknown): void;
}

interface GroupCommit {
  add(member: CommitMember): void;
  /** Undefined while no transaction is open; else resolves when it has ended. */
  ended(): Promise<void> | undefined;
  /** Resolves when nothing is queued, open or on its way to the disk. */
  drained(): Promise<void>;
}

// Bounds how long the first member of a batch waits for the last.
const maxBatch = 256;

/**
 * One commit for all members that were added in one turn of the event loop, and one wait for the disk, which is by far the
 * dearest part of a small write, for all commits that were made during the last. Each member has a savepoint of its own; one
 * that throws takes back only itself. The outcome of every member is told after the commit, because it may rest on rows of
 * the members before it, and after `flush`, which puts all commits so far on the disk, unless the member is lazy. Once a
 * flush has failed nobody knows what is on the disk, so nothing is written any more.
 */
export function createGroupCommit(deps: {
  readonly connection: SqliteConnection;
  readonly flush: () => Promise<void>;
}): GroupCommit {
  const { connection } = deps;
  const queue: CommitMember[] = [];
  let open: Promise<void> | undefined;
  let scheduled = false;
  let flushes = 0;
  let broken: { readonly error: unknown } | undefined;
  const drainWaiters: (() => void)[] = [];

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      open = commitBatch().finally(() => {
        open = undefined;
        scheduled = false;
        if (queue.length > 0) return schedule();
        resumeDrained();
      });
    });
  }

  function isIdle(): boolean {
    return !scheduled && flushes === 0;
  }

  function resumeDrained(): void {
    if (isIdle()) for (const resume of drainWaiters.splice(0)) resume();
  }

  async function commitBatch(): Promise<void> {
    const kept: CommitMember[] = [];
    const refused: { member: CommitMember; error: unknown }[] = [];
    try {
      if (broken !== undefined) throw broken.error;
      connection.run('begin immediate', []);
    } catch (error) {
      for (const member of queue.splice(0)) member.failed(error);
      return;
    }
    try {
      while (queue.length > 0 && kept.length + refused.length < maxBatch) {
        const member = queue.shift();
        if (member === undefined) break;
        const outcome = await runMember(member);
        if (outcome === undefined) kept.push(member);
        else refused.push({ member, error: outcome.error });
        // SQLite itself rolls the whole transaction back when the disk is full.
        if (!connection.inTransaction) throw outcome?.error ?? new Error('SQLite has ended the transaction.');
      }
      connection.run(kept.length > 0 ? 'commit' : 'rollback', []);
    } catch (error) {
      rollBack();
      refused.push(...kept.splice(0).map((member) => ({ member, error })));
    }
    for (const { member, error } of refused) member.failed(error);
    for (const member of kept) if (member.lazy) member.committed();
    const synced = kept.filter((member) => !member.lazy);
    if (synced.length > 0) void tellWhenSynced(synced);
  }

  async function tellWhenSynced(members: readonly CommitMember[]): Promise<void> {
    flushes++;
    try {
      await deps.flush();
      if (broken !== undefined) throw broken.error;
      for (const member of members) member.committed();
    } catch (error) {
      broken ??= { error: unsynced(error) };
      for (const member of members) member.failed(broken.error);
    }
    flushes--;
    resumeDrained();
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
    drained: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => drainWaiters.push(resolve))),
  };
}

function unsynced(error: unknown): Error {
  if (isOutOfRoom(error)) return esteiraError('STORAGE_FULL', {}, error);
  const problem = 'the disk did not take what was written; start the server again';
  return esteiraError('DATABASE_UNAVAILABLE', { problem }, error);
}
