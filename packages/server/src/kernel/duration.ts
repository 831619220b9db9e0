/**
 * Milliseconds of an ISO 8601 duration of weeks, days, hours, minutes and seconds (`P14D`, `PT3H`, `P1DT12H`). Months
 * and years have no fixed length and are not accepted. Undefined when the text is no such duration or is zero.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (!match) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  const total =
    (weeks ?? 0) * 604_800_000 +
    (days ?? 0) * 86_400_000 +
    (hours ?? 0) * 3_600_000 +
    (minutes ?? 0) * 60_000 +
    (seconds ?? 0) * 1000;
  return total > 0 ? Math.round(total) : undefined;
}
