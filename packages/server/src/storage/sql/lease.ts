import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import { findLease, giveBackLease, lockLease, renewHeldLeases, takeLease } from './lease-store.ts';
import type { SqlDatabase, SqlTransaction } from './sql-database.ts';

/**
 * Work that one process on the database does at a time. Whoever holds the lease does it; when that process dies, another
 * takes over once the lease is over (15 s), at once when it was given back or when the same replica is started again.
 */
export interface Leases {
  /**
   * Does the work whenever this process holds the lease: begins as soon as it is free, stops by the signal when it is lost,
   * and begins anew after it was won back or the work has ended by itself.
   */
  hold(name: string, work: (held: HeldLease) => Promise<void>): LeaseHold;
  /** Ends all work, gives every lease back, and stops. */
  stop(): Promise<void>;
}

/** What the work is given. */
export interface HeldLease {
  /** Aborts when the lease is lost, over without having been renewed, or given back. */
  readonly signal: AbortSignal;
  /** Greater than that of every holder before. */
  readonly fence: number;
  /**
   * Makes the transaction fail when the lease has changed hands: a process that was frozen past its time writes nothing.
   * Throws LeaseLost.
   */
  guard(tx: SqlTransaction): Promise<void>;
}

export interface LeaseHold {
  /** Resolves when the lease was asked for once: the work has begun, or somebody else does it. */
  readonly asked: Promise<void>;
  /** Ends the work, waits for it, and gives the lease back. */
  stop(): Promise<void>;
}

export interface LeasesDeps {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `replica:process`: a replica's folder has one process at a time. */
  readonly owner: string;
  /** Milliseconds. */
  readonly timing?: {
    /** How long a lease outlives the last sign of its holder; 15,000 unless given. */
    readonly lease?: number;
    /** 5,000 unless given. */
    readonly renew?: number;
    /** How often a lease that another holds is looked at; 2,000 unless given. */
    readonly poll?: number;
  };
}

/** The lease went to somebody else while its holder thought to have it. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

interface Wanted {
  readonly name: string;
  readonly work: (held: HeldLease) => Promise<void>;
  held: { readonly fence: number; readonly controller: AbortController; done: Promise<void> } | undefined;
  /** Of `performance.now()`: behind it somebody else may hold the lease. */
  validUntil: number;
  /** Of `performance.now()`: work that has ended by itself is not begun again in a hot loop. */
  askFrom: number;
  stopped: boolean;
}

const hot = { isolation: 'read-committed' } as const;

export function createLeases(deps: LeasesDeps): Leases {
  const { database, clock, logger, owner, timing } = deps;
  const leaseMs = timing?.lease ?? 15_000;
  const renewMs = timing?.renew ?? 5_000;
  const pollMs = timing?.poll ?? 2_000;
  const wanted = new Set<Wanted>();
  let timer: NodeJS.Timeout | undefined;
  let renewedAt = performance.now();
  let looking: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  const endListening = database.listen('leases', () => look());

  /** Renews what is held and asks for what is not; a call that comes while one is at work is made up for. */
  function look(): Promise<void> {
    if (looking !== undefined) {
      again = true;
      return looking;
    }
    looking = lookOnce().finally(() => {
      looking = undefined;
      if (again) {
        again = false;
        void look();
      }
    });
    return looking;
  }

  async function lookOnce(): Promise<void> {
    clearTimeout(timer);
    try {
      await renew();
      for (const want of wanted) {
        if (want.held === undefined && !want.stopped && performance.now() >= want.askFrom) await ask(want);
      }
    } catch (error) {
      // What could not be renewed ends by its own time.
      logger.warn({ err: error }, 'leases could not be looked after');
    }
    for (const want of wanted)
      if (performance.now() >= want.validUntil) lose(want, 'was not renewed in time');
    if (!stopped && wanted.size > 0) timer = setTimeout(() => void look(), pollMs).unref();
  }

  async function renew(): Promise<void> {
    const mine = [...wanted].filter((want) => want.held !== undefined);
    if (mine.length === 0 || performance.now() - renewedAt < renewMs) return;
    const begun = performance.now();
    const names = mine.map(({ name }) => name);
    const fences = await database.transaction(
      (tx) => renewHeldLeases(tx, owner, names, clock.now() + leaseMs),
      hot,
    );
    renewedAt = begun;
    for (const want of mine) {
      if (fences.get(want.name) === want.held?.fence) want.validUntil = begun + leaseMs;
      else lose(want, 'was taken by another');
    }
  }

  async function ask(want: Wanted): Promise<void> {
    const begun = performance.now();
    const now = clock.now();
    const known = await findLease(database, want.name);
    // A look costs a read; only what seems free is worth a write.
    const mine = owner.slice(0, owner.indexOf(':') + 1);
    if (known !== undefined && known.expiresAt > now && !known.owner.startsWith(mine)) return;
    const fence = await database.transaction(
      (tx) => takeLease(tx, { name: want.name, owner, now, expiresAt: now + leaseMs }),
      hot,
    );
    if (fence === undefined || want.stopped) return;
    begin(want, fence, begun + leaseMs);
  }

  function begin(want: Wanted, fence: number, validUntil: number): void {
    const controller = new AbortController();
    const { name } = want;
    want.validUntil = validUntil;
    const deadline = watchDeadline(want, controller.signal);
    const guard = async (tx: SqlTransaction): Promise<void> => {
      const current = await lockLease(tx, name, database.capabilities);
      if (current?.owner === owner && current.fence === fence) return;
      throw new LeaseLost(`The lease ${name} has changed hands.`);
    };
    const done = run();
    want.held = { fence, controller, done };

    async function run(): Promise<void> {
      // The work begins in a turn of its own, so that the holder is on record before it can end.
      await Promise.resolve();
      try {
        if (!controller.signal.aborted) await want.work({ signal: controller.signal, fence, guard });
      } catch (error) {
        if (!controller.signal.aborted)
          logger.error({ err: error, lease: name }, 'the work of a lease failed');
      } finally {
        clearInterval(deadline);
        await giveBack(name);
        want.validUntil = Number.POSITIVE_INFINITY;
        want.askFrom = performance.now() + pollMs;
        want.held = undefined;
      }
    }
  }

  /** A database that hangs must not keep a holder at work whose time is over. */
  function watchDeadline(want: Wanted, signal: AbortSignal): NodeJS.Timeout {
    return setInterval(() => {
      if (!signal.aborted && performance.now() >= want.validUntil) lose(want, 'was not renewed in time');
    }, 500).unref();
  }

  function lose(want: Wanted, why: string): void {
    if (want.held === undefined || want.held.controller.signal.aborted) return;
    logger.warn({ lease: want.name }, `a lease ${why}`);
    want.held.controller.abort(new LeaseLost(`The lease ${want.name} ${why}.`));
  }

  /** Only what is still its own: the row of another owner stays as it is. */
  async function giveBack(name: string): Promise<void> {
    try {
      await database.transaction(async (tx) => {
        await giveBackLease(tx, owner, name);
        tx.announce('leases', name);
      }, hot);
    } catch (error) {
      logger.warn({ err: error, lease: name }, 'a lease could not be given back; it ends by its time');
    }
  }

  async function end(want: Wanted): Promise<void> {
    want.stopped = true;
    // An answer that is under way would begin the work again.
    await looking;
    const { held } = want;
    held?.controller.abort(new Error('The lease is given back.'));
    await held?.done;
    wanted.delete(want);
  }

  return {
    hold(name, work) {
      if (stopped) throw new Error('The leases are stopped.');
      if ([...wanted].some((known) => known.name === name)) {
        throw new Error(`The lease ${name} is held for two works.`);
      }
      const want: Wanted = {
        name,
        work,
        held: undefined,
        validUntil: Number.POSITIVE_INFINITY,
        askFrom: 0,
        stopped: false,
      };
      wanted.add(want);
      const asked = look().then(() => looking);
      return { asked, stop: () => end(want) };
    },

    async stop() {
      stopped = true;
      endListening();
      await Promise.all([...wanted].map(end));
      clearTimeout(timer);
    },
  };
}
