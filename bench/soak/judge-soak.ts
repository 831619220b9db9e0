import type { PhaseLoad, SoakRequest } from './soak-load.ts';

/** A process that answers was killed: when, on the monotonic clock, and what had been sent and not answered. */
export interface Kill {
  readonly at: number;
  readonly inFlight: number;
}

export interface SoakOutcome {
  readonly peakPerSecond: number;
  readonly phases: Readonly<Record<'warm' | 'swaps' | 'away' | 'kills', PhaseLoad>>;
  /** Parts of the time in which nothing happened but load. */
  readonly steady: readonly PhaseLoad[];
  readonly swaps: { readonly wanted: number; readonly done: number };
  readonly kills: readonly Kill[];
  /** Every request of the phase of kills. */
  readonly killedUnder: readonly SoakRequest[];
  readonly memoryBytes: { readonly before: number; readonly after: number };
  /** Answers that the callers got. */
  readonly answered: number;
  readonly log: { readonly served: number; readonly logged: number };
}

export interface Verdict {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
}

const unsettledMs = 2_000;
const slowMs = 200;
const mostGrowth = 0.05;
/** Quantiles of windows differ by chance: the buckets alone are 5 % wide. */
const mostDrift = 1.5;

/** What must be right of every run, however short and whatever else the machine does. */
export function judgeCorrectness(outcome: SoakOutcome): readonly Verdict[] {
  const { phases, steady, swaps, log, answered } = outcome;
  const calm = [phases.warm, ...steady];
  const blows = outcome.kills.map((kill) => ({ kill, failed: failuresOf(kill, outcome.killedUnder) }));
  const failed = outcome.killedUnder.filter(({ problem }) => problem !== undefined).length;
  const explained = blows.reduce((sum, blow) => sum + blow.failed.length, 0);
  return [
    {
      what: 'no request fails while nothing happens',
      ok: calm.every(isClean) && answeredIn(calm) > 0,
      found: describe(calm),
    },
    {
      what: 'no request fails while versions are swapped',
      ok: isClean(phases.swaps) && swaps.done === swaps.wanted && swaps.done > 0,
      found: `${swaps.done} of ${swaps.wanted} swaps, ${describe([phases.swaps])}`,
    },
    {
      what: 'no request fails while the control plane is away',
      ok: isClean(phases.away) && phases.away.answered > 0,
      found: `${phases.away.seconds} s, ${describe([phases.away])}`,
    },
    {
      what: 'a killed process fails what came on its connections and nothing else',
      ok: blows.length > 0 && failed === explained,
      found: `${blows.length} kills at ${phases.kills.ratePerSecond} a second: ${blows
        .map(({ kill, failed }) => `${failed.length} failed with ${kill.inFlight} in flight`)
        .join(', ')}; ${failed - explained} others failed`,
    },
    {
      what: 'what was served is logged',
      ok: log.served === log.logged && log.logged >= answered && answered > 0,
      found: `${log.logged} logged, ${log.served} served, ${answered} answers arrived`,
    },
  ];
}

/** What takes a quiet machine and some minutes to say. */
export function judgeTimes(outcome: SoakOutcome): readonly Verdict[] {
  const p99s = outcome.steady.map(({ p99Ms }) => p99Ms ?? Number.POSITIVE_INFINITY);
  const drift = (p99s.at(-1) ?? 0) / (p99s[0] ?? 1);
  const { before, after } = outcome.memoryBytes;
  const growth = after / before - 1;
  const slowest = Math.max(0, ...outcome.kills.map((kill) => slowestAnswerAfter(kill, outcome.killedUnder)));
  return [
    {
      what: 'p99 stays where it was',
      ok: drift <= mostDrift,
      found: `${p99s.map((ms) => `${ms.toFixed(1)} ms`).join(', ')} over the parts`,
    },
    {
      what: `resident memory grows by less than ${mostGrowth * 100} %`,
      ok: growth < mostGrowth,
      found: `${megabytes(before)} to ${megabytes(after)}, ${(growth * 100).toFixed(1)} %`,
    },
    {
      what: `the others answer within ${slowMs} ms when one is killed`,
      ok: slowest < slowMs,
      found: `${slowest.toFixed(0)} ms at most`,
    },
  ];
}

/** Requests that failed after the kill on connections from before it: a caller learns of the end of one by using it. */
function failuresOf(kill: Kill, requests: readonly SoakRequest[]): readonly SoakRequest[] {
  return requests.filter(
    ({ due, ms, connectedAt = Number.POSITIVE_INFINITY, problem }) =>
      problem !== undefined && connectedAt <= kill.at && due + ms >= kill.at && due <= kill.at + unsettledMs,
  );
}

function slowestAnswerAfter(kill: Kill, requests: readonly SoakRequest[]): number {
  let slowest = 0;
  for (const { due, ms, problem } of requests) {
    const near = due + ms >= kill.at && due <= kill.at + unsettledMs;
    if (near && problem === undefined) slowest = Math.max(slowest, ms);
  }
  return slowest;
}

function isClean({ requests, answered }: PhaseLoad): boolean {
  return requests === answered;
}

function answeredIn(phases: readonly PhaseLoad[]): number {
  return phases.reduce((sum, { answered }) => sum + answered, 0);
}

function describe(phases: readonly PhaseLoad[]): string {
  const requests = phases.reduce((sum, phase) => sum + phase.requests, 0);
  const problems = phases.flatMap((phase) => Object.entries(phase.problems));
  const words = problems.map(([problem, count]) => `${count} ${problem}`);
  return [`${requests} requests`, ...(words.length === 0 ? ['none failed'] : words)].join(', ');
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
