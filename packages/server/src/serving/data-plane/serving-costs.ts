import type { DataPlaneStatus } from '@esteira/contracts';
import type { CostLedger } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { EndpointsService } from '../endpoints/endpoints-service.ts';
import { findCostMark, putCostMark } from './cost-mark-store.ts';

/** Books the CPU time of model servers to the endpoints they answered for. */
export interface ServingCosts {
  account(context: RequestContext, status: DataPlaneStatus): Promise<void>;
}

/** A ledger line per report would be more lines than seconds worth paying for. */
const smallestEntrySeconds = 30;

/** CPU is shared by rows answered since the last entry; what ran while nobody asked is shared evenly. */
export function createServingCosts(deps: {
  sql: SqlDatabase;
  costs: Pick<CostLedger, 'record'>;
  endpoints: Pick<EndpointsService, 'find'>;
}): ServingCosts {
  const { sql } = deps;

  /** A model server may report to another replica each time, so the mark of what was booked lies in the database. */
  async function book(context: RequestContext, status: DataPlaneStatus, entries: readonly Entry[]) {
    await sql.transaction(async (tx) => {
      const before = await findCostMark(tx, context.workspace, status);
      const used = status.cpuSeconds - before.cpuSeconds;
      if (used < smallestEntrySeconds) return;
      await putCostMark(tx, context.workspace, status);
      const rows = entries.map((entry) => ({
        ...entry,
        rows: entry.answered - (before.answered[entry.name] ?? 0),
      }));
      const total = rows.reduce((sum, entry) => sum + entry.rows, 0);
      for (const { name, project, rows: own } of rows) {
        const cpuSeconds = used * (total === 0 ? 1 / rows.length : own / total);
        if (cpuSeconds === 0 || project === undefined) continue;
        await deps.costs.record(tx, context, {
          kind: 'serving',
          project,
          subject: { kind: 'endpoint', id: name },
          cpuSeconds,
        });
      }
    });
  }

  return {
    async account(context, status) {
      const { workspace } = context;
      const before = await findCostMark(sql, workspace, status);
      if (status.cpuSeconds - before.cpuSeconds < smallestEntrySeconds || status.endpoints.length === 0)
        return;
      const entries: Entry[] = [];
      for (const { name, answered } of status.endpoints) {
        const endpoint = await deps.endpoints.find(workspace, name);
        const project = endpoint?.twinOf === undefined ? endpoint?.project : undefined;
        entries.push({ name, answered, project });
      }
      await book(context, status, entries);
    },
  };
}

interface Entry {
  readonly name: string;
  readonly answered: number;
  /** Undefined where nobody is to be charged. */
  readonly project: string | undefined;
}
