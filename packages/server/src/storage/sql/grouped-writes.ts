import type { SqlDatabase, SqlTransaction } from './sql-database.ts';

/** What became of one item of a group: nothing of it was kept when it has a problem. */
export type WriteOutcome<R> = { readonly value: R } | { readonly problem: Error };

/**
 * While transactions are on their way to the disk, the calls that arrive wait and share the next: a handful of statements
 * and one commit for all of them. What is wrong with one call is told to it alone; when the whole group fails, each item is
 * written by itself. The order of calls that do not wait for each other is open.
 */
export function createGroupedWrites<Item, R>(deps: {
  readonly sql: SqlDatabase;
  /** Weight of the items of one transaction; bounds how long it takes. An item that weighs more has one of its own. */
  readonly most: number;
  /** 1 unless given. */
  readonly weigh?: (item: Item) => number;
  /** Outcomes in the order of the items. Run at read-committed: right under row locks and conditional writes alone. */
  write(tx: SqlTransaction, items: readonly Item[]): Promise<readonly WriteOutcome<R>[]>;
  /** Writes one item after its group has failed. */
  writeAlone(item: Item): Promise<R>;
}): (item: Item) => Promise<R> {
  const { weigh = () => 1 } = deps;
  // While one waits for the disk of a server, the statements of another are on their way.
  const writers = deps.sql.capabilities.manyWriters ? 2 : 1;
  let waiting: Waiter<Item, R>[] = [];
  let writing = 0;

  async function writeWaiting(): Promise<void> {
    // The calls of this turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) await writeGroup(takeGroup());
    writing--;
  }

  function takeGroup(): readonly Waiter<Item, R>[] {
    let weight = 0;
    let count = 0;
    for (const { item } of waiting) {
      weight += weigh(item);
      if (count > 0 && weight > deps.most) break;
      count++;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return group;
  }

  async function writeGroup(group: readonly Waiter<Item, R>[]): Promise<void> {
    try {
      const items = group.map(({ item }) => item);
      const outcomes = await deps.sql.transaction((tx) => deps.write(tx, items), {
        isolation: 'read-committed',
      });
      for (const [index, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined) reject(new Error('A grouped write has no outcome.'));
        else if ('problem' in outcome) reject(outcome.problem);
        else resolve(outcome.value);
      }
    } catch {
      for (const { item, resolve, reject } of group) await deps.writeAlone(item).then(resolve, reject);
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (writing >= writers) return;
      writing++;
      void writeWaiting();
    });
}

interface Waiter<Item, R> {
  readonly item: Item;
  resolve(value: R): void;
  reject(error: unknown): void;
}
