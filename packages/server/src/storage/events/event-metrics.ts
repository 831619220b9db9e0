import type { Clock } from '../../kernel/clock.ts';
import type { Meter, Reading } from '../../kernel/meter.ts';
import type { SqlReader } from '../sql/sql-database.ts';
import type { EventBus } from './event-bus.ts';
import { undeliveredEvents } from './event-store.ts';

/** How far the subscribers are behind the events they want. */
export function meterEvents(
  meter: Meter,
  deps: { readonly database: SqlReader; readonly events: EventBus; readonly clock: Clock },
): void {
  const read = async (
    measure: (behind: { count: number; oldestAt: number | undefined }) => number,
  ): Promise<readonly Reading<'subscriber'>[]> => {
    const readings: Reading<'subscriber'>[] = [];
    for (const { name, type } of deps.events.subscribers()) {
      const behind = await undeliveredEvents(deps.database, name, type);
      readings.push({ labels: { subscriber: name }, value: measure(behind) });
    }
    return readings;
  };
  meter.gauge(
    {
      name: 'esteira_events_undelivered',
      help: 'Events a subscriber has not been given yet, counted up to 1,000.',
      labels: ['subscriber'],
    },
    () => read(({ count }) => count),
  );
  meter.gauge(
    {
      name: 'esteira_events_lag_seconds',
      help: 'Age of the oldest event a subscriber has not been given yet.',
      labels: ['subscriber'],
    },
    () =>
      read(({ oldestAt }) => (oldestAt === undefined ? 0 : Math.max(0, deps.clock.now() - oldestAt) / 1000)),
  );
}
