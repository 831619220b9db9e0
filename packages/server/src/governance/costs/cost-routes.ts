import { costsApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { CostLedger } from './cost-ledger.ts';

export function costRoutes(costs: CostLedger): readonly RouteBinding[] {
  return [
    bindRoute(costsApi.costs, ({ query }, context) => costs.total(context.workspace, query)),
    bindRoute(costsApi.costRecords, async ({ query }, context) => {
      const rows = await costs.records(context.workspace, query);
      const items = rows.map((row) => ({
        id: row.id,
        kind: row.kind,
        project: row.project,
        subject: { kind: row.subject_kind, id: row.subject_id },
        cpuSeconds: row.cpu_seconds,
        bytes: row.bytes,
        amount: row.amount,
        at: row.at,
      }));
      return { items };
    }),
  ];
}
