import type { AlertState } from '@esteira/contracts';

/** What one window says about one signal. `causes` are what breaches: columns, or the metric. */
export interface Observation {
  /** Start of the window, ms. */
  readonly start: number;
  readonly verdict: 'ok' | 'breach' | 'unknown';
  readonly causes: readonly string[];
}

/** `m` of the last `n` windows. */
export interface Persistence {
  readonly m: number;
  readonly n: number;
}

/** All that the next step depends on, so that the same observations always lead to the same alerts. */
export interface SignalState {
  readonly phase: AlertState;
  /** The last windows that were judged, in order of their start; at most n. */
  readonly recent: readonly { readonly start: number; readonly causes: readonly string[] }[];
  /** Windows up to this start belong to an alert that is over. */
  readonly settled: number | null;
  /** What the present alert fires for. */
  readonly causes: readonly string[];
}

export interface Transition {
  readonly from: AlertState;
  readonly to: AlertState;
  readonly windowStart: number | null;
  readonly reason: string;
}

export interface Step {
  readonly state: SignalState;
  readonly transitions: readonly Transition[];
}

export const quietSignal: SignalState = { phase: 'ok', recent: [], settled: null, causes: [] };

/**
 * Takes in a window, a new one or one judged again. A cause that breaches in m of the last n judged windows makes the
 * alert fire; it is resolved when none of its causes breaches in the last m. Windows without a verdict count for nothing.
 */
export function observeWindow(state: SignalState, seen: Observation, { m, n }: Persistence): Step {
  if (state.settled !== null && seen.start <= state.settled) return { state, transitions: [] };
  const oldest = state.recent[0];
  if (oldest && state.recent.length >= n && seen.start < oldest.start) return { state, transitions: [] };

  const others = state.recent.filter((window) => window.start !== seen.start);
  const judged =
    seen.verdict === 'unknown'
      ? others
      : [...others, { start: seen.start, causes: seen.verdict === 'breach' ? [...seen.causes].sort() : [] }];
  const recent = judged.sort((a, b) => a.start - b.start).slice(-n);
  const latest = new Set(recent.slice(-m).flatMap((window) => window.causes));
  const persistent = causesInAtLeast(recent, m);
  return settle({ ...state, recent }, { seen, m, n, latest, persistent });
}

/** Somebody takes a firing alert in hand. Undefined when there is none. */
export function acknowledgeSignal(state: SignalState, reason: string): Step | undefined {
  if (state.phase !== 'firing') return undefined;
  const transition: Transition = { from: 'firing', to: 'acknowledged', windowStart: null, reason };
  return { state: { ...state, phase: 'acknowledged' }, transitions: [transition] };
}

/** The signal is no longer watched. Undefined when no alert is open. */
export function closeSignal(state: SignalState, reason: string): Step | undefined {
  const { phase } = state;
  if (phase === 'ok' || phase === 'resolved') return undefined;
  const to = phase === 'pending' ? 'ok' : 'resolved';
  return {
    state: { ...quietSignal, phase: to },
    transitions: [{ from: phase, to, windowStart: null, reason }],
  };
}

interface Evidence extends Persistence {
  readonly seen: Observation;
  readonly latest: ReadonlySet<string>;
  readonly persistent: readonly string[];
}

function settle(state: SignalState, evidence: Evidence): Step {
  const { seen, m, n, latest, persistent } = evidence;
  const transitions: Transition[] = [];
  let { phase, causes, settled, recent } = state;
  const move = (to: AlertState, reason: string): void => {
    transitions.push({ from: phase, to, windowStart: seen.start, reason });
    phase = to;
  };

  if (phase === 'firing' || phase === 'acknowledged') {
    causes = [...new Set([...causes, ...persistent])].sort();
    if (causes.every((cause) => !latest.has(cause)) && recent.length >= m) {
      move('resolved', `the last ${m} judged window(s) are within the limits`);
      // What breached before counts for the alert that is over, not for the next one.
      settled = recent.at(-1)?.start ?? settled;
      recent = [];
      causes = [];
    }
    return { state: { phase, causes, settled, recent }, transitions };
  }

  if ((phase === 'ok' || phase === 'resolved') && latest.size > 0)
    move('pending', `a window breaches: ${listed(latest)}`);
  if (phase === 'pending') {
    if (persistent.length > 0) {
      causes = persistent;
      move('firing', `${m} of the last ${n} window(s) breach: ${listed(persistent)}`);
    } else if (latest.size === 0) {
      move('ok', `fewer than ${m} of the last ${n} window(s) breach`);
    }
  }
  return { state: { phase, causes, settled, recent }, transitions };
}

function causesInAtLeast(recent: SignalState['recent'], m: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const window of recent) {
    for (const cause of new Set(window.causes)) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= m)
    .map(([cause]) => cause)
    .sort();
}

function listed(causes: Iterable<string>): string {
  const all = [...causes].sort();
  return all.length <= 5 ? all.join(', ') : `${all.slice(0, 5).join(', ')} and ${all.length - 5} more`;
}
