import type { CostEstimate } from '@esteira/contracts';

/** Prices of this installation, in `currency`. A gigabyte is 10^9 bytes, a month 30 days. */
export interface CostRates {
  readonly currency: string;
  readonly pricePerCpuHour: number;
  readonly pricePerGigabyteMonth: number;
}

/** What a use costs: computing by the hour, storage for its first month. */
export function estimateCost(
  rates: CostRates,
  use: { cpuSeconds: number; storageBytes: number },
): CostEstimate {
  const computing = (use.cpuSeconds / 3600) * rates.pricePerCpuHour;
  const storing = (use.storageBytes / 1e9) * rates.pricePerGigabyteMonth;
  return {
    cpuSeconds: use.cpuSeconds,
    storageBytes: use.storageBytes,
    amount: computing + storing,
    currency: rates.currency,
  };
}

/** The UTC day of a time, `2026-03-01`. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
