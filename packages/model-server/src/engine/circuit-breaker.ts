/** Keeps questions away from a model that fails again and again, so that its fallback answers at once. */
export interface CircuitBreaker {
  /** Milliseconds until the next try; 0 when it may be asked. Of those that wait, one is let through to try. */
  closedFor(): number;
  succeeded(): void;
  failed(): void;
}

const failuresToOpen = 5;
const firstPauseMs = 500;
const longestPauseMs = 30_000;

/** Opens after five failures in a row; each try that fails doubles the pause, one that succeeds closes it. */
export function createCircuitBreaker(deps: { readonly monotonic: () => number }): CircuitBreaker {
  let failures = 0;
  let openUntil = 0;
  let pauseMs = firstPauseMs;
  return {
    closedFor() {
      if (failures < failuresToOpen) return 0;
      const now = deps.monotonic();
      if (now < openUntil) return openUntil - now;
      openUntil = now + pauseMs;
      return 0;
    },
    succeeded() {
      failures = 0;
      pauseMs = firstPauseMs;
    },
    failed() {
      failures += 1;
      if (failures < failuresToOpen) return;
      if (failures > failuresToOpen) pauseMs = Math.min(longestPauseMs, 2 * pauseMs);
      openUntil = deps.monotonic() + pauseMs;
    },
  };
}
