import type { DataPlaneStatus } from '@esteira/contracts';
import type { CostLedger } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { EndpointsService } from '../endpoints/endpoints-service.ts';

/** Books the CPU time of model servers to the endpoints they answered for. */
export interface ServingCosts {
  account(context: RequestContext, status: DataPlaneStatus): Promise<void>;
}

interface Booked {
  readonly cpuSeconds: number;
  readonly answered: ReadonlyMap<string, number>;
}

/** A ledger line per report would be more lines than seconds worth paying for. */
const smallestEntrySeconds = 30;

/** CPU is shared by rows answered since the last entry; what ran while nobody asked is shared evenly. */
export function createServingCosts(deps: {
  sql: SqlDatabase;
  costs: Pick<CostLedger, 'record'>;
  endpoints: Pick<EndpointsService, 'find'>;
}): ServingCosts {
  const booked = new Map<string, Booked>();
  return {
    async account(context, status) {
      const before = booked.get(status.boot) ?? { cpuSeconds: 0, answered: new Map<string, number>() };
      const used = status.cpuSeconds - before.cpuSeconds;
      if (used < smallestEntrySeconds || status.endpoints.length === 0) return;
      booked.set(status.boot, {
        cpuSeconds: status.cpuSeconds,
        answered: new Map(status.endpoints.map(({ name, answered }) => [name, answered])),
      });
      const rows = status.endpoints.map(({ name, answered }) => ({
        name,
        rows: answered - (before.answered.get(name) ?? 0),
      }));
      const total = rows.reduce((sum, entry) => sum + entry.rows, 0);
      for (const { name, rows: own } of rows) {
        const cpuSeconds = used * (total === 0 ? 1 / rows.length : own / total);
        const endpoint = await deps.endpoints.find(context.workspace, name);
        if (cpuSeconds === 0 || endpoint === undefined || endpoint.twinOf !== undefined) continue;
        await deps.sql.transaction((tx) =>
          deps.costs.record(tx, context, {
            kind: 'serving',
            project: endpoint.project,
            subject: { kind: 'endpoint', id: name },
            cpuSeconds,
          }),
        );
      }
    },
  };
}
