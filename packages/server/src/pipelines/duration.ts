const units = { W: 604_800_000, D: 86_400_000, H: 3_600_000, M: 60_000, S: 1000 } as const;

/** Milliseconds of an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as the contract lets through. */
export function parseDuration(text: string): number {
  let milliseconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([WDHMS])/g)) {
    milliseconds += Number(count) * units[unit as keyof typeof units];
  }
  return milliseconds;
}
