import type { LiveCounts } from '@esteira/contracts';

/** Figures are of this long, or a little more. */
const windowMs = 10_000;

/** The moments that figures of the last seconds are made of, with one more: the first of them is what they count from. */
export function addMoment(moments: readonly LiveCounts[], next: LiveCounts): readonly LiveCounts[] {
  const last = moments.at(-1);
  // Nothing was counted in between, and what stands still needs one moment alone.
  if (last?.mark === next.mark) return [next];
  const all = [...moments, next];
  const since = latest(next) - windowMs;
  const first = all.findLastIndex((moment) => latest(moment) <= since);
  return all.slice(Math.max(0, first));
}

function latest({ processes }: LiveCounts): number {
  let at = 0;
  for (const process of processes) at = Math.max(at, process.at);
  return at;
}
