/** Attempts in all; with the pauses between them, the last is made about an hour and a half after the first. */
export const maxAttempts = 14;

/** While a delivery is tried for the first times, later ones to the same receiver wait behind it. */
export const attemptsInOrder = 5;

const longestPauseMs = 1_800_000;

/** Milliseconds before the next attempt: doubling from one second to half an hour, less up to a half by chance. */
export function retryPause(attempts: number, chance: Uint8Array): number {
  const whole = Math.min(longestPauseMs, 1_000 * 2 ** (attempts - 1));
  const share = ((chance[0] ?? 0) * 256 + (chance[1] ?? 0)) / 65_536;
  return Math.round(whole * (1 - share / 2));
}
