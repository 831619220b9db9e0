import type { JsonValue } from '@esteira/contracts';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { ChangeKind } from '../changes/change-kind.ts';
import type { CostLedger } from './cost-ledger.ts';
import { allowancesFrom, deleteAllowance, findAllowance, insertAllowance } from './cost-store.ts';

const SpendSubject = z.strictObject({
  project: z.string().min(1).max(128),
  /** UTC day, `2026-03-01`. */
  day: z.iso.date(),
  /** What may be spent on training that day above the threshold, in the currency of the ledger. */
  amount: z.number().positive(),
  reason: z.string().min(10).max(2000),
});
type SpendSubject = z.infer<typeof SpendSubject>;

/**
 * The change `governance.spend`: consent to spend more on the training of a project in one day than the threshold. It
 * has to be given before the money is spent (rule T10).
 */
export function spendChange(deps: {
  sql: SqlDatabase;
  clock: Clock;
  costs: CostLedger;
}): ChangeKind<SpendSubject> {
  const { sql, clock, costs } = deps;
  const { currency, pricePerCpuHour } = costs.rates;
  return {
    kind: 'governance.spend',
    subject: SpendSubject,

    async inspect({ workspace }, { project, day }) {
      let allowed = costs.thresholdPerDay;
      for (const allowance of await allowancesFrom(sql, workspace, project, day)) {
        if (allowance.day === day) allowed += allowance.amount;
      }
      return {
        current: { project, day, allowed, currency } satisfies JsonValue,
        target: `spending:${project}:${day}`,
      };
    },

    async plan(_context, { project, day, amount }) {
      const title = `Allow ${amount} ${currency} more for training ${project} on ${day}`;
      const cpuSeconds = pricePerCpuHour > 0 ? (amount / pricePerCpuHour) * 3600 : 0;
      return {
        steps: [{ name: 'allow', title, details: { project, day, amount } }],
        cost: { cpuSeconds, storageBytes: 0, amount, currency },
        blastRadius: `The budget of the project ${project} on ${day}; no model and no endpoint.`,
        approvalsRequired: 1,
      };
    },

    async applyStep({ context, changeId, subject }) {
      const { project, day, amount } = subject;
      const row = {
        change_id: changeId,
        workspace: context.workspace,
        project,
        day,
        amount,
        at: clock.now(),
      };
      await sql.transaction((tx) => insertAllowance(tx, row));
      return { amount };
    },

    async verify({ workspace }, { id, subject }) {
      const allowance = await findAllowance(sql, workspace, id);
      const ok = allowance?.day === subject.day && allowance.amount === subject.amount;
      return [
        { name: 'allowance recorded', expected: subject.amount, measured: allowance?.amount ?? null, ok },
      ];
    },

    async rollBack({ workspace }, { id }) {
      await sql.transaction((tx) => deleteAllowance(tx, workspace, id));
      return { removed: true };
    },
  };
}
