import { setTimeout as sleep } from 'node:timers/promises';
import type { PhaseLoad, SoakLoad } from './soak-load.ts';

/** The highest constant rate that a whole installation keeps up with, and what it was found by. */
export interface SustainedPeak {
  readonly perSecond: number;
  /** How long it was held in the last try. */
  readonly seconds: number;
  /** False where the machine was too busy to say: then it is a rate that was not kept. */
  readonly kept: boolean;
  readonly p99Ms: number | null;
  readonly slaMs: number;
  /** How much of the load the log of the control plane was behind at the end, in seconds. */
  readonly logBehindSeconds: number;
  /** What callers get who ask without a pause, while the log is left to wait: no rate to live at. */
  readonly burstPerSecond: number;
  readonly tries: readonly Try[];
}

interface Try {
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly p99Ms: number | null;
  readonly failed: number;
  readonly logBehindSeconds: number;
  readonly kept: boolean;
}

export interface PeakSearch {
  readonly load: Pick<SoakLoad, 'during' | 'answered'>;
  /** Rows of the endpoint that the control plane has taken in. */
  readonly logged: () => Promise<number>;
  readonly burstPerSecond: number;
  readonly slaMs: number;
  /** Of a try, and of the last one, which decides. */
  readonly onTry: (found: Try) => void;
  readonly seconds: { readonly each: number; readonly last: number };
}

/** Shipments are collected for three seconds under load, and the one on its way is as old as that. */
const mostBehindSeconds = 8;
const halvings = 4;
const lastTries = 4;
const stepDown = 0.93;
const catchUpMs = 20_000;

/**
 * Halves the way between a rate that is kept and one that is not, and then holds the best for longer, a little lower each time
 * that it is not. Kept is a rate at which no request fails, the 99th percentile from when requests were due is within
 * `slaMs`, and the log is not left behind.
 */
export async function findSustainedPeak(search: PeakSearch): Promise<SustainedPeak> {
  const { load, logged, burstPerSecond, slaMs, seconds } = search;
  const tries: Try[] = [];

  async function hold(ratePerSecond: number, heldSeconds: number): Promise<Try> {
    await catchUp(search);
    const outcome = await load.during(ratePerSecond, sleep(1_000 * heldSeconds));
    const behind = Math.max(0, (load.answered() - (await logged())) / ratePerSecond);
    const found = {
      ratePerSecond: Math.round(ratePerSecond),
      seconds: heldSeconds,
      p99Ms: outcome.p99Ms,
      failed: outcome.requests - outcome.answered,
      logBehindSeconds: Math.round(10 * behind) / 10,
    };
    const kept = isWithin(outcome, slaMs) && behind <= mostBehindSeconds;
    const tried = { ...found, kept };
    tries.push(tried);
    search.onTry(tried);
    return tried;
  }

  let [low, high] = [0, burstPerSecond];
  for (let halving = 0; halving < halvings; halving++) {
    const rate = (low + high) / 2;
    if ((await hold(rate, seconds.each)).kept) low = rate;
    else high = rate;
  }
  let rate = low > 0 ? low : burstPerSecond / 2;
  let last = await hold(rate, seconds.last);
  for (let another = 1; another < lastTries && !last.kept; another++) {
    rate *= stepDown;
    last = await hold(rate, seconds.last);
  }
  const { kept, p99Ms, logBehindSeconds } = last;
  return {
    perSecond: rate,
    seconds: seconds.last,
    kept,
    p99Ms,
    slaMs,
    logBehindSeconds,
    burstPerSecond,
    tries,
  };
}

function isWithin({ p99Ms, requests, answered }: PhaseLoad, slaMs: number): boolean {
  return requests === answered && p99Ms !== null && p99Ms <= slaMs;
}

/** What a try before left behind is none of the next one's. */
async function catchUp({ load, logged }: PeakSearch): Promise<void> {
  const until = performance.now() + catchUpMs;
  while ((await logged()) < load.answered() && performance.now() < until) await sleep(200);
}
