import type { PostgresConnection } from './postgres-connection.ts';

// Any number that nothing else on the database locks: "esteira" on a telephone's keys.
const advisoryLock = 3_783_472;

/**
 * Where transactions go that collided again and again: one at a time over all processes, so that each has only newcomers
 * to collide with and is done soon.
 */
export function createContendedLane() {
  let last: Promise<void> = Promise.resolve();

  return {
    /** Waits for those of this process before. The returned function lets the next one in. */
    async enter(): Promise<() => void> {
      const before = last;
      let leave: () => void = () => {};
      last = new Promise((resolve) => {
        leave = resolve;
      });
      await before;
      return leave;
    },

    /** Waits for the other processes. Before the transaction begins: what it sees is fixed by its first statement. */
    lock: (connection: PostgresConnection) => connection.run('select pg_advisory_lock($1)', [advisoryLock]),
    unlock: (connection: PostgresConnection) =>
      connection.run('select pg_advisory_unlock($1)', [advisoryLock]),
  };
}
