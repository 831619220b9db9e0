import { z } from 'zod';
import { ArmCounters, latencyQuantile, StepCounters } from './data-plane.ts';
import { ByName, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** What an endpoint's processes have counted since each began, at one moment. */
export const LiveCounts = z.object({
  /** Differs from that of another moment when the counts, the rows in the log, the work under way or what is served do. */
  mark: z.string(),
  /** What the endpoint should serve, by its number. */
  revision: z.number().int(),
  processes: z.array(
    z.object({
      source: z.string(),
      /** New with every start of the process, which counts from 0 again. */
      boot: z.string(),
      /** When it said so. */
      at: Timestamp,
      arms: z.array(ArmCounters),
      /** Of its pipeline models. */
      steps: z.array(StepCounters).default([]),
    }),
  ),
  /** Requests that are being answered, and questions that wait for a model among them, of all endpoints. */
  running: z.number().int(),
  waiting: z.number().int(),
});
export type LiveCounts = z.infer<typeof LiveCounts>;

/** How an arm did between two moments. */
export interface LiveArm {
  readonly arm: string;
  /** A model version's id, or `rule`. */
  readonly predictor: string;
  readonly requestsPerSecond: number;
  readonly rowsPerSecond: number;
  readonly errorsPerSecond: number;
  readonly fallbacksPerSecond: number;
  /** In ms; null where nothing was answered. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

type Counters = z.infer<typeof ArmCounters>;
type Process = LiveCounts['processes'][number];

/**
 * How each arm did between two moments, by arm and predictor; none where it answered nothing in between. A process that
 * was not there at the first moment, or has started anew since, is left out until it is known twice.
 */
export function liveArms(before: LiveCounts, now: LiveCounts): readonly LiveArm[] {
  const sums = new Map<string, { counted: Counters; rates: Rates }>();
  for (const process of now.processes) {
    const former = before.processes.find(({ source, boot }) => isOf(process, source, boot));
    const seconds = former === undefined ? 0 : (process.at - former.at) / 1_000;
    if (former === undefined || seconds <= 0) continue;
    for (const counters of process.arms) {
      const counted = difference(counters, former.arms.find(isSameArm(counters)));
      if (counted.requests === 0) continue;
      const key = `${counters.arm} ${counters.predictor}`;
      const sum = sums.get(key);
      sums.set(key, {
        counted: sum === undefined ? counted : add(sum.counted, counted),
        rates: addRates(sum?.rates, counted, seconds),
      });
    }
  }
  return [...sums.values()].map(({ counted, rates }) => ({
    arm: counted.arm,
    predictor: counted.predictor,
    ...rates,
    p50Ms: latencyQuantile(counted.latency, 0.5),
    p95Ms: latencyQuantile(counted.latency, 0.95),
    p99Ms: latencyQuantile(counted.latency, 0.99),
  }));
}

/** How a step of a pipeline model did between two moments. */
export interface LiveStep {
  readonly modelVersionId: string;
  readonly step: string;
  readonly runsPerSecond: number;
  /** What it took at each request in the mean, in ms. */
  readonly meanMs: number;
}

/** How each step did between two moments, by version and step; none where it did not run in between. */
export function liveSteps(before: LiveCounts, now: LiveCounts): readonly LiveStep[] {
  const sums = new Map<string, StepSum>();
  for (const process of now.processes) {
    const former = before.processes.find(({ source, boot }) => isOf(process, source, boot));
    const seconds = former === undefined ? 0 : (process.at - former.at) / 1_000;
    if (former === undefined || seconds <= 0) continue;
    for (const { modelVersionId, step, runs, ms } of process.steps) {
      const known = former.steps.find(
        (other) => other.modelVersionId === modelVersionId && other.step === step,
      );
      // A model that was loaded anew counts from 0 again.
      const from = known === undefined || known.runs > runs ? { runs: 0, ms: 0 } : known;
      if (runs === from.runs) continue;
      const key = `${modelVersionId} ${step}`;
      const sum = sums.get(key) ?? { modelVersionId, step, runs: 0, ms: 0, runsPerSecond: 0 };
      sum.runs += runs - from.runs;
      sum.ms += ms - from.ms;
      sum.runsPerSecond += (runs - from.runs) / seconds;
      sums.set(key, sum);
    }
  }
  return [...sums.values()].map(({ modelVersionId, step, runs, ms, runsPerSecond }) => ({
    modelVersionId,
    step,
    runsPerSecond,
    meanMs: ms / runs,
  }));
}

interface StepSum extends StepCounters {
  runsPerSecond: number;
}

type Rates = Pick<LiveArm, 'requestsPerSecond' | 'rowsPerSecond' | 'errorsPerSecond' | 'fallbacksPerSecond'>;

function isOf(process: Process, source: string, boot: string): boolean {
  return process.source === source && process.boot === boot;
}

function isSameArm({ arm, predictor }: Counters) {
  return (other: Counters): boolean => other.arm === arm && other.predictor === predictor;
}

function difference(now: Counters, before: Counters | undefined): Counters {
  if (before === undefined) return now;
  const latency: Record<string, number> = {};
  for (const [bucket, count] of Object.entries(now.latency)) {
    const more = count - (before.latency[bucket] ?? 0);
    if (more > 0) latency[bucket] = more;
  }
  return {
    ...now,
    requests: now.requests - before.requests,
    rows: now.rows - before.rows,
    errors: now.errors - before.errors,
    fallbacks: now.fallbacks - before.fallbacks,
    latency,
  };
}

function add(one: Counters, other: Counters): Counters {
  const latency = { ...one.latency };
  for (const [bucket, count] of Object.entries(other.latency))
    latency[bucket] = (latency[bucket] ?? 0) + count;
  return { ...one, latency };
}

function addRates(sum: Rates | undefined, counted: Counters, seconds: number): Rates {
  return {
    requestsPerSecond: (sum?.requestsPerSecond ?? 0) + counted.requests / seconds,
    rowsPerSecond: (sum?.rowsPerSecond ?? 0) + counted.rows / seconds,
    errorsPerSecond: (sum?.errorsPerSecond ?? 0) + counted.errors / seconds,
    fallbacksPerSecond: (sum?.fallbacksPerSecond ?? 0) + counted.fallbacks / seconds,
  };
}

const longestMs = 20_000;

/** Watching an endpoint at work: part of the API of serving. */
export const liveFiguresApi = {
  liveCounts: route({
    id: 'serving.liveCounts',
    method: 'GET',
    path: '/api/v1/endpoints/:name/live',
    access: 'serving:read',
    summary:
      'Says what the processes of an endpoint have counted; waits until that is not as the mark says, or the time is over.',
    params: ByName,
    query: z.object({
      /** Of the last answer; without one it is answered at once. */
      mark: z.string().max(100).optional(),
      waitMs: z.coerce.number().int().min(0).max(longestMs).default(longestMs),
    }),
    response: LiveCounts,
  }),
};
