import type { BenchmarkReport, CostEstimate, RolloutPlan, ServableVersion } from '@esteira/contracts';
import { estimateCost } from '../../governance/index.ts';
import { countAnsweredRows } from '../predictions/traffic-store.ts';
import { findLatestReport } from '../trials/report-store.ts';
import type { RolloutDeps } from './rollout-deps.ts';

const dayMs = 86_400_000;
const daysLookedAt = 7;
/** A version nobody has benchmarked may use one CPU all day, as far as anybody knows. */
const unknownCpuSeconds = 86_400;

/**
 * What the first day of a version costs: the rows of the endpoint's busiest day of the last week and those of the rollout,
 * at the CPU time its benchmark measured for a request, and its files.
 */
export async function promotionCost(
  deps: Pick<RolloutDeps, 'sql' | 'clock' | 'costRates'>,
  workspace: string,
  endpoint: string,
  version: Pick<ServableVersion, 'id' | 'bytes'>,
  rollout: RolloutPlan,
): Promise<CostEstimate> {
  const benchmark = await findLatestReport<BenchmarkReport>(deps.sql, workspace, 'benchmark', {
    modelVersionId: version.id,
  });
  const rowsPerDay = await busiestDay(deps, workspace, endpoint);
  return estimateCost(deps.costRates, {
    cpuSeconds:
      benchmark === undefined
        ? unknownCpuSeconds
        : ((rowsPerDay + rolloutRows(rollout)) * benchmark.cpuMsPerRequest) / 1000,
    storageBytes: version.bytes,
  });
}

/** Rows that the candidate answers before it has all traffic: copies first, then its share of each step. */
export function rolloutRows({ shadowRequests, canaryShares, requestsPerStep }: RolloutPlan): number {
  return shadowRequests + canaryShares.length * requestsPerStep;
}

/** Whole days before now, so that the estimate does not grow while consent is waited for; today counts for a young endpoint. */
async function busiestDay(
  { sql, clock }: Pick<RolloutDeps, 'sql' | 'clock'>,
  workspace: string,
  endpoint: string,
): Promise<number> {
  const today = Math.floor(clock.now() / dayMs) * dayMs;
  let most = 0;
  for (let day = today - daysLookedAt * dayMs; day <= today; day += dayMs) {
    if (day === today && most > 0) break;
    most = Math.max(most, await countAnsweredRows(sql, workspace, endpoint, { from: day, to: day + dayMs }));
  }
  return most;
}
