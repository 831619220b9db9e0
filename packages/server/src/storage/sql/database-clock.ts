import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { SqlDatabase } from './sql-database.ts';

/** A clock that goes with the database's, so that all processes on it agree whatever their own clocks say. */
export interface DatabaseClock extends Clock {
  /** How far this machine's clock is ahead of the database's, in ms. */
  offset(): number;
  /** Measures now. Rejects when the database does not answer. */
  measure(): Promise<void>;
  stop(): void;
}

export interface DatabaseClockDeps {
  readonly database: Pick<SqlDatabase, 'now'>;
  /** The machine's clock; it is only compared. */
  readonly system: Clock;
  readonly logger: Logger;
  /** Milliseconds that only ever grow, at the pace of real time; those of this process unless given. */
  readonly monotonic?: () => number;
  /** Milliseconds between measurements; 30,000 unless given. */
  readonly interval?: number;
}

const tries = 3;
const warnedSkewMs = 5_000;
// Below this a difference may be the error of the measurement itself.
const smallestCorrectionMs = 2;

/**
 * Measures the database's clock (the answer with the shortest way of three, taken at the middle of that way, as in NTP,
 * RFC 5905) and goes on from there by the process's monotonic time: a machine whose clock is wrong, or is set while the
 * server runs, changes nothing. Resolves after the first measurement.
 */
export async function openDatabaseClock(deps: DatabaseClockDeps): Promise<DatabaseClock> {
  const { database, system, logger } = deps;
  const monotonic = deps.monotonic ?? (() => performance.now());
  let base: { readonly time: number; readonly at: number } | undefined;
  let offset = 0;
  let warned = false;

  function now(): number {
    return base === undefined ? system.now() : Math.floor(base.time + monotonic() - base.at);
  }

  async function measure(): Promise<void> {
    let best: { readonly way: number; readonly time: number; readonly at: number } | undefined;
    for (let count = 0; count < tries; count++) {
      const asked = monotonic();
      const time = await database.now();
      const way = monotonic() - asked;
      if (best === undefined || way < best.way) best = { way, time, at: asked + way / 2 };
    }
    if (best === undefined) return;
    const { way, time, at } = best;
    const error = way / 2 + smallestCorrectionMs;
    const expected = base === undefined ? undefined : base.time + at - base.at;
    if (expected === undefined || Math.abs(expected - time) > error) base = { time, at };
    offset = Math.round(system.now() - now());
    warnOnce();
  }

  function warnOnce(): void {
    const skewed = Math.abs(offset) > warnedSkewMs;
    if (skewed && !warned) {
      logger.warn(
        { offsetMs: offset },
        "this machine's clock differs from the database's, which is followed; set it right",
      );
    }
    warned = skewed;
  }

  await measure();
  const timer = setInterval(() => {
    measure().catch((error: unknown) => {
      logger.warn({ err: error }, "the database's clock could not be asked; the last answer is followed");
    });
  }, deps.interval ?? 30_000).unref();

  return { now, offset: () => offset, measure, stop: () => clearInterval(timer) };
}
