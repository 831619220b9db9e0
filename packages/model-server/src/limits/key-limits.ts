import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../sync/control-plane.ts';
import { createLeasedLimits, type LeasedLimits, type SliceAnswer } from './leased-limits.ts';
import { scheduleWithTimers } from './schedule-with-timers.ts';

// The control plane asks its store in turn; a key is no reason to wait longer.
const timeoutMs = 1_000;

/**
 * The limits of inference keys, shared with the other model servers of the workspace through the control plane. How many
 * there were is kept on disk, for a start without the control plane.
 */
export function createKeyLimits(deps: {
  readonly controlPlane: ControlPlane;
  readonly directory: string;
  readonly onProblem: (error: unknown) => void;
}): LeasedLimits {
  const { controlPlane } = deps;
  const path = join(deps.directory, 'model-servers');
  let holders = readCount(path);

  function keep(answer: SliceAnswer): SliceAnswer {
    if (answer.holders !== holders) writeFileSync(path, String(answer.holders), { mode: 0o600 });
    holders = answer.holders;
    return answer;
  }

  return createLeasedLimits({
    async exchange(requests) {
      const asked = requests.map(({ limit, spec: _, ...request }) => ({ key: limit, ...request }));
      const { slices, ...answer } = await controlPlane.keySlices(asked, false);
      return keep({ ...answer, slices: slices.map(({ key, ...slice }) => ({ limit: key, ...slice })) });
    },
    leave: async () => void (await controlPlane.keySlices([], true)),
    now: () => performance.now(),
    schedule: scheduleWithTimers,
    timeoutMs,
    assumedHolders: holders,
    onAway: deps.onProblem,
  });
}

function readCount(path: string): number {
  try {
    return Math.max(1, Math.trunc(Number(readFileSync(path, 'utf8'))) || 1);
  } catch {
    return 1;
  }
}
