import type { BenchmarkReport } from '@esteira/contracts';
import type { FeatureRow, LoadOutcome, ModelClient } from '../data-plane/model-client.ts';

export interface LoadPlan {
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** Higher rates are tried up to this one. */
  readonly maxRatePerSecond: number;
  readonly sla: BenchmarkReport['sla'];
}

type MeasuredLoad = Pick<
  BenchmarkReport,
  | 'requests'
  | 'errors'
  | 'errorsByKind'
  | 'coldMs'
  | 'p50Ms'
  | 'p95Ms'
  | 'p99Ms'
  | 'maxMs'
  | 'throughputPerSecond'
  | 'steps'
> & {
  /** Those of the search included. */
  readonly sent: number;
};

const searchSeconds = 1;
const refinements = 3;

/**
 * The first request goes alone, on a process that has answered nothing yet, and counts like any other; then the load at its
 * rate. Where that keeps to the SLA, the rate is doubled until one does not, and the border halved a few times.
 */
export async function measureLoad(
  client: ModelClient,
  rows: readonly FeatureRow[],
  plan: LoadPlan,
): Promise<MeasuredLoad> {
  const steps: BenchmarkReport['steps'] = [];
  let sent = 0;

  async function load(ratePerSecond: number, seconds: number): Promise<LoadOutcome> {
    const outcome = await client.load(rows, { ratePerSecond, seconds });
    sent += outcome.times.length;
    return outcome;
  }

  function judge(ratePerSecond: number, { times, problems }: LoadOutcome): boolean {
    const quantileMs = quantileOf(times, plan.sla.quantile === 'p95' ? 0.95 : 0.99);
    const errors = sum(problems);
    const kept = errors === 0 && quantileMs <= plan.sla.ms;
    steps.push({ ratePerSecond, quantileMs, errors, kept });
    return kept;
  }

  const cold = await load(1, 1);
  const main = await load(plan.ratePerSecond, plan.seconds);
  const all: LoadOutcome = {
    times: Float64Array.from([...cold.times, ...main.times]).sort(),
    problems: add(cold.problems, main.problems),
  };
  const keeps = async (rate: number): Promise<boolean> => judge(rate, await load(rate, searchSeconds));
  const throughputPerSecond = judge(plan.ratePerSecond, all)
    ? await highestRate(plan.ratePerSecond, plan.maxRatePerSecond, keeps)
    : 0;
  return {
    requests: all.times.length,
    errors: sum(all.problems),
    errorsByKind: all.problems,
    coldMs: cold.times[0] ?? 0,
    p50Ms: quantileOf(all.times, 0.5),
    p95Ms: quantileOf(all.times, 0.95),
    p99Ms: quantileOf(all.times, 0.99),
    maxMs: all.times.at(-1) ?? 0,
    throughputPerSecond,
    steps,
    sent,
  };
}

async function highestRate(
  from: number,
  to: number,
  keeps: (rate: number) => Promise<boolean>,
): Promise<number> {
  let kept = from;
  let missed: number | undefined;
  while (missed === undefined && kept < to) {
    const rate = Math.min(to, 2 * kept);
    if (await keeps(rate)) kept = rate;
    else missed = rate;
  }
  if (missed === undefined) return kept;
  for (let step = 0; step < refinements; step++) {
    const rate: number = Math.round((kept + missed) / 2);
    if (rate <= kept) break;
    if (await keeps(rate)) kept = rate;
    else missed = rate;
  }
  return kept;
}

/** Nearest rank, of times in ascending order. */
function quantileOf(times: Float64Array, share: number): number {
  return times[Math.min(times.length - 1, Math.ceil(share * times.length) - 1)] ?? 0;
}

function sum(problems: LoadOutcome['problems']): number {
  return Object.values(problems).reduce((total, count) => total + count, 0);
}

function add(left: LoadOutcome['problems'], right: LoadOutcome['problems']): Record<string, number> {
  const both: Record<string, number> = { ...left };
  for (const [kind, count] of Object.entries(right)) both[kind] = (both[kind] ?? 0) + count;
  return both;
}
