import type { Clock } from '../kernel/clock.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { Schedule } from './job.ts';
import { dueSchedules, moveSchedule, putSchedule } from './schedule-store.ts';
import { nextFire } from './schedule-timing.ts';

/** Enqueues the jobs of schedules: once for each time over all processes on the database. */
export interface JobScheduler {
  add(schedule: Schedule): void;
  /** Puts the schedules on record. */
  start(): Promise<void>;
  /** Enqueues what is due. */
  fire(): Promise<void>;
}

/**
 * Every process looks; whoever moves the row of a schedule on enqueues its job in the same transaction, so that a process
 * that dies in between has done neither. Times that nobody was there for are made up for by one job, that of the first.
 */
export function createJobScheduler(deps: {
  database: SqlDatabase;
  clock: Clock;
  enqueue(tx: SqlTransaction, schedule: Schedule, scheduledAt: number): Promise<unknown>;
}): JobScheduler {
  const { database, clock } = deps;
  const schedules = new Map<string, Schedule>();

  return {
    add(schedule) {
      if (schedules.has(schedule.name)) throw new Error(`Two schedules are named ${schedule.name}.`);
      nextFire(schedule.timing, 0);
      schedules.set(schedule.name, schedule);
    },

    async start() {
      if (schedules.size === 0) return;
      await database.transaction(async (tx) => {
        for (const { name, timing } of schedules.values()) {
          const nextAt = nextFire(timing, clock.now());
          await putSchedule(tx, { name, timing: JSON.stringify(timing), nextAt });
        }
      });
    },

    async fire() {
      if (schedules.size === 0) return;
      const now = clock.now();
      for (const seen of await dueSchedules(database, [...schedules.keys()], now)) {
        const schedule = schedules.get(seen.name);
        if (schedule === undefined) continue;
        await database.transaction(async (tx) => {
          if (!(await moveSchedule(tx, seen, nextFire(schedule.timing, now)))) return;
          await deps.enqueue(tx, schedule, seen.nextAt);
        });
      }
    },
  };
}
