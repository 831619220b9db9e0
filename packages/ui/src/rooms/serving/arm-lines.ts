import type { ChartLine } from '../../components/line-option.ts';

interface Minute<Arm> {
  readonly minute: number;
  readonly arms: readonly Arm[];
}

/**
 * One line per arm over the minutes. `read` gives the value of an arm in a minute from its entries, one for every version
 * that answered under it then; there are none where it did not answer. Lines come in the order of a rollout: primary,
 * canary, shadow, the rest.
 */
export function armLines<Arm extends { readonly arm: string }>(
  minutes: readonly Minute<Arm>[],
  read: (entries: readonly Arm[]) => number | null,
  nameOf: (arm: string) => string,
): readonly ChartLine[] {
  const names = [...new Set(minutes.flatMap((minute) => minute.arms.map((arm) => arm.arm)))];
  names.sort((left, right) => armRank(left) - armRank(right) || left.localeCompare(right));
  const ordered = [...minutes].sort((left, right) => left.minute - right.minute);
  return names.map((name) => ({
    name: nameOf(name),
    points: ordered.map(
      ({ minute, arms }) => [minute, read(arms.filter((arm) => arm.arm === name))] as const,
    ),
  }));
}

/** Rows of all entries together. */
export function totalRows(entries: readonly { readonly rows: number }[]): number {
  let total = 0;
  for (const entry of entries) total += entry.rows;
  return total;
}

/** The slowest of the entries; null where none was measured. */
export function slowestP95(entries: readonly { readonly p95Ms: number | null }[]): number | null {
  let slowest: number | null = null;
  for (const { p95Ms } of entries) {
    if (p95Ms !== null) slowest = slowest === null ? p95Ms : Math.max(slowest, p95Ms);
  }
  return slowest;
}

/** The place of an arm in a rollout: primary, canary, shadow, the rest. */
export function armRank(arm: string): number {
  const place = ['primary', 'canary', 'shadow'].indexOf(arm);
  return place < 0 ? 3 : place;
}
