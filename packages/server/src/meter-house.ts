import { meterAuditLog } from './governance/index.ts';
import type { Clock } from './kernel/clock.ts';
import type { Meter } from './kernel/meter.ts';
import { meterDataPlanes } from './serving/index.ts';
import type { EventBus } from './storage/events/event-bus.ts';
import { meterEvents } from './storage/events/event-metrics.ts';
import { meterLeases } from './storage/sql/lease-metrics.ts';
import type { SqlDatabase } from './storage/sql/sql-database.ts';
import type { LazyTableEngine } from './storage/tables/lazy-table-engine.ts';

/** The gauges that are read from the engines whenever Prometheus asks. */
export function meterHouse(
  meter: Meter,
  house: {
    readonly sql: SqlDatabase;
    /** Who holds the leases of this process. */
    readonly owner: string;
    readonly clock: Clock;
    readonly events: EventBus;
    readonly tables: readonly LazyTableEngine[];
  },
): void {
  meterEvents(meter, { ...house, database: house.sql });
  meterAuditLog(meter, house.sql);
  meterDataPlanes(meter, house);
  meterLeases(meter, { ...house, database: house.sql });
  meterSessions(meter, house.sql);
  meter.gauge(
    {
      name: 'esteira_table_memory_bytes',
      help: 'Memory the table engines hold; none before their first statement.',
      labels: [],
    },
    async () => {
      let value = 0;
      for (const engine of await Promise.all(house.tables.map((tables) => tables.opened()))) {
        const found = await engine?.session((session) =>
          session.query('select sum(memory_usage_bytes) as bytes from duckdb_memory()'),
        );
        value += Number(found?.[0]?.bytes ?? 0);
      }
      return [{ labels: {}, value }];
    },
  );
}

function meterSessions(meter: Meter, { sessions }: SqlDatabase): void {
  if (sessions === undefined) return;
  meter.gauge(
    {
      name: 'esteira_sql_sessions',
      help: 'Sessions with the database server, by what they do; waiting are those who want one.',
      labels: ['state'],
    },
    async () => Object.entries(sessions()).map(([state, value]) => ({ labels: { state }, value })),
  );
}
