import type { CostKind, CostReport } from '@esteira/contracts';
import type { z } from 'zod';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { type CostRates, dayOf, estimateCost } from './cost-estimate.ts';
import { type CostOverrun, costOverruns } from './cost-overruns.ts';
import {
  allowancesFrom,
  type CostFilter,
  type CostRow,
  insertCost,
  listCosts,
  sumCosts,
  trainingCosts,
} from './cost-store.ts';

/** One use of the machine, measured. */
export interface CostEntry {
  readonly kind: CostKind;
  readonly project?: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly cpuSeconds: number;
  /** Bytes kept, for storage. */
  readonly bytes?: number;
}

/** What computing and storing have cost, per project, kind and day. */
export interface CostLedger {
  readonly rates: CostRates;
  /** Above this, spending on training of one project and day needs a consented change (rule T10). */
  readonly thresholdPerDay: number;
  record(tx: SqlTransaction, context: RequestContext, entry: CostEntry): Promise<void>;
  total(workspace: string, filter: CostFilter): Promise<z.input<typeof CostReport>>;
  records(workspace: string, filter: CostFilter & { limit: number }): Promise<readonly CostRow[]>;
  /** What the project may still spend on training today; work that costs stops when it is used up. */
  remaining(workspace: string, project: string): Promise<number>;
  /** Days of the last `days` on which training ran ahead of consent. */
  overruns(workspace: string, project: string, days: number): Promise<readonly CostOverrun[]>;
}

const millisecondsPerDay = 86_400_000;

export function createCostLedger(deps: {
  sql: SqlDatabase;
  clock: Clock;
  ids: IdGenerator;
  rates: CostRates;
  thresholdPerDay: number;
}): CostLedger {
  const { sql, clock, ids, rates, thresholdPerDay } = deps;
  return {
    rates,
    thresholdPerDay,

    async record(tx, context, entry) {
      const bytes = entry.bytes ?? 0;
      if (!(entry.cpuSeconds >= 0) || !(bytes >= 0)) throw new RangeError('A cost is never negative.');
      const at = clock.now();
      await insertCost(tx, {
        id: ids.next('cost'),
        workspace: context.workspace,
        kind: entry.kind,
        project: entry.project ?? null,
        subject_kind: entry.subject.kind,
        subject_id: entry.subject.id,
        cpu_seconds: entry.cpuSeconds,
        bytes,
        amount: estimateCost(rates, { cpuSeconds: entry.cpuSeconds, storageBytes: bytes }).amount,
        day: dayOf(at),
        actor: context.actor.id,
        at,
      });
    },

    async total(workspace, filter) {
      const rows = await sumCosts(sql, workspace, filter);
      const total = { cpuSeconds: 0, bytes: 0, amount: 0 };
      const byKind = new Map<CostKind, typeof total & { kind: CostKind }>();
      const byProject = new Map<string | null, typeof total & { project: string | null }>();
      const byDay = new Map<string, typeof total & { day: string }>();
      for (const row of rows) {
        const kind = byKind.get(row.kind) ?? { kind: row.kind, cpuSeconds: 0, bytes: 0, amount: 0 };
        const project = byProject.get(row.project) ?? {
          project: row.project,
          cpuSeconds: 0,
          bytes: 0,
          amount: 0,
        };
        const day = byDay.get(row.day) ?? { day: row.day, cpuSeconds: 0, bytes: 0, amount: 0 };
        byKind.set(row.kind, kind);
        byProject.set(row.project, project);
        byDay.set(row.day, day);
        for (const sum of [total, kind, project, day]) {
          sum.cpuSeconds += row.cpuSeconds;
          sum.bytes += row.bytes;
          sum.amount += row.amount;
        }
      }
      const { currency, pricePerCpuHour, pricePerGigabyteMonth } = rates;
      return {
        currency,
        rates: { pricePerCpuHour, pricePerGigabyteMonth },
        total,
        byKind: [...byKind.values()],
        byProject: [...byProject.values()],
        byDay: [...byDay.values()],
      };
    },

    records: (workspace, filter) => listCosts(sql, workspace, filter),

    async remaining(workspace, project) {
      const now = clock.now();
      const today = dayOf(now);
      const startOfDay = now - (now % millisecondsPerDay);
      const costs = await trainingCosts(sql, workspace, project, startOfDay);
      const allowances = await allowancesFrom(sql, workspace, project, today);
      let left = thresholdPerDay;
      for (const allowance of allowances) if (allowance.day === today) left += allowance.amount;
      for (const cost of costs) left -= cost.amount;
      return Math.max(0, left);
    },

    async overruns(workspace, project, days) {
      const now = clock.now();
      const from = now - (now % millisecondsPerDay) - (days - 1) * millisecondsPerDay;
      const costs = await trainingCosts(sql, workspace, project, from);
      const allowances = await allowancesFrom(sql, workspace, project, dayOf(from));
      return costOverruns(costs, allowances, thresholdPerDay);
    },
  };
}
