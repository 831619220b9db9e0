import type { DataPlaneStatus, StepCounters } from '@esteira/contracts';

/** What the steps of an endpoint's pipeline models took in all processes together, in the order they are first told. */
export function stepTotals(servers: readonly DataPlaneStatus[], endpoint: string): StepCounters[] {
  const totals = new Map<string, StepCounters>();
  for (const { endpoints } of servers) {
    const own = endpoints.find(({ name }) => name === endpoint);
    for (const { modelVersionId, step, runs, ms } of own?.steps ?? []) {
      const key = `${modelVersionId} ${step}`;
      const total = totals.get(key) ?? { modelVersionId, step, runs: 0, ms: 0 };
      total.runs += runs;
      total.ms += ms;
      totals.set(key, total);
    }
  }
  return [...totals.values()];
}
