import type { Clock } from '../../kernel/clock.ts';
import type { IdGenerator } from '../../kernel/ids.ts';

const epoch = Date.UTC(2024, 0, 1);
// Leaves 41 bits for milliseconds of the 53 that a number holds exactly: enough for 69 years.
const perMillisecond = 4096;

/**
 * Numbers that stand for traces. They grow with time, so that spans that came together lie near each other. Processes on one
 * database start from numbers of their own within a millisecond; where two meet all the same, the primary key refuses the
 * second, and the next try takes another.
 */
export function createTraceNumbers(deps: { clock: Clock; ids: IdGenerator }): () => number {
  const start = Number.parseInt(deps.ids.next('trace').slice(-4), 36) % perMillisecond;
  let last = 0;
  return () => {
    last = Math.max(last + 1, (deps.clock.now() - epoch) * perMillisecond + start);
    return last;
  };
}
