import type { ChartLine } from '../../components/line-option.ts';

interface Minute<Arm> {
  readonly minute: number;
  readonly arms: readonly Arm[];
}

/**
 * One line per arm over the minutes; a minute in which an arm did not answer has the value `missing`. Lines come in the
 * order of a rollout: primary, canary, shadow, the rest.
 */
export function armLines<Arm extends { readonly arm: string }>(
  minutes: readonly Minute<Arm>[],
  read: (arm: Arm) => number | null,
  nameOf: (arm: string) => string,
  missing: number | null,
): readonly ChartLine[] {
  const names = [...new Set(minutes.flatMap((minute) => minute.arms.map((arm) => arm.arm)))];
  names.sort((left, right) => rank(left) - rank(right) || left.localeCompare(right));
  const ordered = [...minutes].sort((left, right) => left.minute - right.minute);
  return names.map((name) => ({
    name: nameOf(name),
    points: ordered.map(({ minute, arms }) => {
      const arm = arms.find((candidate) => candidate.arm === name);
      return [minute, arm ? read(arm) : missing] as const;
    }),
  }));
}

function rank(arm: string): number {
  const place = ['primary', 'canary', 'shadow'].indexOf(arm);
  return place < 0 ? 3 : place;
}
