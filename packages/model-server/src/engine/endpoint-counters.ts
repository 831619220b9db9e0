import { latencyBucket } from '@esteira/contracts/data-plane';

/** Counts of one endpoint since the start of the process; they outlive its revisions. */
export interface EndpointCounters {
  /** One answer of an arm: its rows, how it ended, and its latency in ms. */
  count(arm: string, predictor: string, rows: number, status: string, latencyMs: number): void;
  /** Numbers for rows that are about to be logged; returns the first. */
  allot(rows: number): number;
  /** The rows could not be logged, so they were not answered: their numbers are free again. */
  giveBack(rows: number): void;
  shadowDropped(): void;
  /** An answer of an arm whose model was not asked. */
  answeredFromCache(): void;
  answersFromCache(): number;
  /** A value that a policy changed. */
  policyApplied(feature: string, policy: 'clamp' | 'impute'): void;
  /** By feature and policy. */
  policiesApplied(): readonly ValueCount[];
  /** An online feature of an entity that was not there, empty, or too old. */
  featureMissed(feature: string, status: string): void;
  /** By feature and status. */
  featuresMissed(): readonly ValueCount[];
  read(): { answered: number; shadowDropped: number; arms: ArmCount[] };
  /** Milliseconds that the answers of each arm took together. */
  latencySums(): ReadonlyMap<string, number>;
}

/** How many values of a feature met with the same. */
interface ValueCount {
  readonly feature: string;
  readonly met: string;
  values: number;
}

/** Of one predictor in one role. */
export interface ArmCount {
  arm: string;
  predictor: string;
  requests: number;
  rows: number;
  errors: number;
  fallbacks: number;
  latency: Record<string, number>;
}

interface ArmTally extends Omit<ArmCount, 'latency'> {
  /** Requests by latency bucket. */
  readonly buckets: number[];
}

export function createEndpointCounters(): EndpointCounters {
  const arms: ArmTally[] = [];
  const latencySums = new Map<string, number>();
  const policies: ValueCount[] = [];
  const missed: ValueCount[] = [];
  let answered = 0;
  let shadowDropped = 0;
  let fromCache = 0;

  /** Few at a time: the arms of now and of the revisions before. */
  function tallyOf(arm: string, predictor: string): ArmTally {
    for (const tally of arms) if (tally.predictor === predictor && tally.arm === arm) return tally;
    const tally = { arm, predictor, requests: 0, rows: 0, errors: 0, fallbacks: 0, buckets: [] };
    arms.push(tally);
    return tally;
  }

  return {
    count(arm, predictor, rows, status, latencyMs) {
      const tally = tallyOf(arm, predictor);
      tally.requests += 1;
      tally.rows += rows;
      if (status === 'error') tally.errors += 1;
      if (status === 'fallback') tally.fallbacks += 1;
      latencySums.set(arm, (latencySums.get(arm) ?? 0) + latencyMs);
      const bucket = latencyBucket(latencyMs);
      tally.buckets[bucket] = (tally.buckets[bucket] ?? 0) + 1;
    },
    allot(rows) {
      const first = answered + 1;
      answered += rows;
      return first;
    },
    giveBack(rows) {
      answered -= rows;
    },
    shadowDropped() {
      shadowDropped += 1;
    },
    answeredFromCache() {
      fromCache += 1;
    },
    answersFromCache: () => fromCache,
    policyApplied: (feature, policy) => countValue(policies, feature, policy),
    policiesApplied: () => policies,
    featureMissed: (feature, status) => countValue(missed, feature, status),
    featuresMissed: () => missed,
    latencySums: () => latencySums,
    read: () => ({
      answered,
      shadowDropped,
      arms: arms.map(toCount),
    }),
  };
}

function countValue(counts: ValueCount[], feature: string, met: string): void {
  const known = counts.find((count) => count.feature === feature && count.met === met);
  if (known === undefined) counts.push({ feature, met, values: 1 });
  else known.values += 1;
}

function toCount({ buckets, ...tally }: ArmTally): ArmCount {
  const latency: Record<string, number> = {};
  // Holes are passed over.
  buckets.forEach((count, bucket) => {
    latency[String(bucket)] = count;
  });
  return { ...tally, latency };
}
