import { installationApi } from '@esteira/contracts';
import type { Clock } from '../kernel/clock.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import { listLeases } from '../storage/sql/lease-store.ts';
import type { ReplicaRegistry } from '../storage/sql/replica-registry.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';

/** Who runs on the database, with the leases that each holds. */
export function createReplicaRoutes(deps: {
  readonly replicas: ReplicaRegistry;
  readonly database: SqlReader;
  readonly clock: Clock;
}): readonly RouteBinding[] {
  const { replicas, database, clock } = deps;
  return [
    bindRoute(installationApi.replicas, async () => {
      const now = clock.now();
      const held = (await listLeases(database)).filter(({ expiresAt }) => expiresAt > now);
      const alive = new Set((await replicas.alive()).map(({ id }) => id));
      const items = (await replicas.list()).map(({ clockOffset, address: _address, ...replica }) => ({
        ...replica,
        alive: alive.has(replica.id) || replica.id === replicas.id,
        answering: replica.id === replicas.id,
        leases: held.filter(({ owner }) => owner.startsWith(`${replica.id}:`)).map(({ name }) => name),
        clockOffsetMs: clockOffset,
      }));
      return { items };
    }),
  ];
}
