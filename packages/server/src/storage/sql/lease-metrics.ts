import type { Clock } from '../../kernel/clock.ts';
import type { Meter } from '../../kernel/meter.ts';
import { listLeases } from './lease-store.ts';
import type { SqlReader } from './sql-database.ts';

/** The leases this process holds. Over all replicas, each name has the sum of 1. */
export function meterLeases(
  meter: Meter,
  deps: { readonly database: SqlReader; readonly clock: Clock; readonly owner: string },
): void {
  meter.gauge(
    {
      name: 'esteira_leases_held',
      help: 'Whether this server holds the lease of a work that one server does at a time.',
      labels: ['lease'],
    },
    async () => {
      const now = deps.clock.now();
      const leases = await listLeases(deps.database);
      return leases.map(({ name, owner, expiresAt }) => ({
        labels: { lease: name },
        value: owner === deps.owner && expiresAt > now ? 1 : 0,
      }));
    },
  );
}
