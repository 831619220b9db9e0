import type { KillOutcome } from './kill-watch.ts';
import type { HeldResources } from './soak-house.ts';
import type { PhaseLoad } from './soak-load.ts';
import type { SustainedPeak } from './sustained-peak.ts';

export interface SoakOutcome {
  readonly peak: SustainedPeak;
  readonly phases: Readonly<Record<'warm' | 'swaps' | 'away' | 'kills', PhaseLoad>>;
  /** Windows in which nothing happened but load, before and after what was done to it. */
  readonly steady: readonly PhaseLoad[];
  /** What each process held, once it was warm and at the end of every window. */
  readonly held: readonly HeldResources[];
  /** Resident bytes of the control plane at the end of every window, before it was away and after. */
  readonly controlPlaneBytes: readonly (readonly number[])[];
  readonly swaps: { readonly wanted: number; readonly done: number };
  readonly kills: readonly KillOutcome[];
  /** Requests that failed while processes were killed and had nothing to do with it. */
  readonly unexplained: number;
  /** Answers that the callers got. */
  readonly answered: number;
  readonly log: { readonly served: number; readonly logged: number };
}

export interface Verdict {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
}

const slowMs = 200;
const mostGrowth = 0.05;
/** Quantiles of windows differ by chance: the buckets alone are 5 % wide. */
const mostDrift = 1.5;
/** Connections come and go; a leak has as many as there were swaps or minutes. */
const mostNewFiles = 8;

/** What must be right of every run, however short and whatever else the machine does. */
export function judgeCorrectness(outcome: SoakOutcome): readonly Verdict[] {
  const { phases, steady, swaps, kills, unexplained, log, answered } = outcome;
  const calm = [phases.warm, ...steady];
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
      ok: kills.length > 0 && unexplained === 0,
      found: `${kills.length} kills at ${phases.kills.ratePerSecond} a second: ${kills
        .map(({ failed, inFlight }) => `${failed} failed with ${inFlight} in flight`)
        .join(', ')}; ${unexplained} others failed`,
    },
    {
      what: 'what was served is logged',
      ok: log.served === log.logged && log.logged >= answered && answered > 0,
      found: `${log.logged} logged, ${log.served} served, ${answered} answers arrived`,
    },
    judgeFiles(outcome.held),
  ];
}

/** What takes a quiet machine and some minutes to say. */
export function judgeTimes({ peak, steady, held, kills }: SoakOutcome): readonly Verdict[] {
  const p99s = steady.map(({ p99Ms }) => p99Ms ?? Number.POSITIVE_INFINITY);
  const third = Math.max(1, Math.floor(p99s.length / 3));
  const [first, last] = [median(p99s.slice(0, third)), median(p99s.slice(-third))];
  const slowest = kills.map(({ maxMs }) => maxMs);
  return [
    {
      what: 'the peak that the load is a share of is sustained',
      ok: peak.kept,
      found: `${Math.round(peak.perSecond)} a second for ${Math.round(peak.seconds)} s: p99 ${ms(peak.p99Ms ?? Number.POSITIVE_INFINITY)} of ${peak.slaMs} ms, the log ${peak.logBehindSeconds} s behind`,
    },
    {
      what: 'p99 stays where it was',
      ok: last <= mostDrift * first,
      found: `${ms(first)} in the first third, ${ms(last)} in the last: ${p99s.map(ms).join(', ')}`,
    },
    judgeMemory(held),
    {
      what: `the others answer within ${slowMs} ms when one is killed`,
      ok: slowest.every((found) => found < slowMs),
      found: `the slowest of each kill: ${slowest.map(ms).join(', ')}`,
    },
  ];
}

/**
 * What a process holds at one moment depends on when its collector came by last: over half an hour under load the sums of the
 * windows were 303 to 342 MiB, 10 MiB about their mean, the least of them the third last; a straight line through them rose by
 * 0.4 MiB a window, give or take 0.8. Two single windows tell nothing then; a leak moves the median of a third all the same.
 */
function judgeMemory(held: readonly HeldResources[]): Verdict {
  const sums = held.map((processes) => processes.reduce((total, { bytes }) => total + bytes, 0));
  const third = Math.max(1, Math.floor(sums.length / 3));
  const [first, last] = [median(sums.slice(0, third)), median(sums.slice(-third))];
  const growth = last / first - 1;
  return {
    what: `resident memory grows by less than ${mostGrowth * 100} %`,
    ok: growth < mostGrowth,
    found: `${(growth * 100).toFixed(1)} % from ${mib(first)} in the first third to ${mib(last)} in the last: ${sums.map(mib).join(', ')}; ${fromTo(held, ({ bytes }) => mib(bytes))}`,
  };
}

function judgeFiles(held: readonly HeldResources[]): Verdict {
  const before = new Map((held[0] ?? []).map(({ name, files }) => [name, files]));
  const more = (held.at(-1) ?? []).map(({ name, files }) => files - (before.get(name) ?? 0));
  return {
    what: 'no process keeps files open that it is done with',
    ok: more.length > 0 && more.every((count) => count <= mostNewFiles),
    found: fromTo(held, ({ files }) => `${files} files`),
  };
}

function fromTo(held: readonly HeldResources[], tell: (process: HeldResources[number]) => string): string {
  const last = new Map((held.at(-1) ?? []).map((process) => [process.name, process]));
  return (held[0] ?? [])
    .map((process) => {
      const after = last.get(process.name);
      return `${process.name} ${tell(process)} to ${after === undefined ? 'none' : tell(after)}`;
    })
    .join(', ');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY;
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

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}
