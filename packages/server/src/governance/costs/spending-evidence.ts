import type { EvidenceReader } from '../policies/evidence.ts';
import type { CostLedger } from './cost-ledger.ts';

// Longer than a model takes from its first run to production, shorter than a budget's memory.
const daysLookedAt = 30;

/** Evidence `spending` (rule T10): days on which training of the project ran ahead of consent. */
export function spendingEvidence(costs: CostLedger): EvidenceReader {
  return {
    name: 'spending',
    async read(context, subject) {
      const overruns = await costs.overruns(context.workspace, subject.project, daysLookedAt);
      return {
        currency: costs.rates.currency,
        thresholdPerDay: costs.thresholdPerDay,
        overruns: overruns.map(({ day, amount, allowed }) => ({ day, amount, allowed })),
      };
    },
  };
}
