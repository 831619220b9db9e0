/** How busy one process was lately: the share of the time its event loop worked, from 0 to 1. */
interface Load {
  readonly utilization: number;
}

type ScalingVerdict = 'grow' | 'shrink' | 'stay';

export interface FleetScaling {
  /** Asked at even intervals with the load of every process that answers. */
  judge(loads: readonly Load[]): ScalingVerdict;
}

const busy = 0.7;
const looksToGrow = 3;
/** What the others would come to carry, if one went. */
const easy = 0.4;
/** How long one less must have been enough before it goes. */
const calmMs = 60_000;

/**
 * Grows when the processes work more than 70 % of the time in three looks in a row; shrinks when one less would work less
 * than 40 % for a while. Between the two nothing happens, so that a fleet does not breathe with every wave.
 */
export function createFleetScaling(deps: {
  readonly least: number;
  readonly most: number;
  readonly monotonic: () => number;
}): FleetScaling {
  let busyLooks = 0;
  let calmSince: number | undefined;
  return {
    judge(loads) {
      const count = loads.length;
      const sum = loads.reduce((total, load) => total + load.utilization, 0);
      busyLooks = count > 0 && sum / count >= busy ? busyLooks + 1 : 0;
      const isCalm = count > deps.least && sum / (count - 1) < easy;
      calmSince = isCalm ? (calmSince ?? deps.monotonic()) : undefined;
      if (busyLooks >= looksToGrow && count < deps.most) {
        busyLooks = 0;
        return 'grow';
      }
      if (calmSince === undefined || deps.monotonic() - calmSince < calmMs) return 'stay';
      calmSince = undefined;
      return 'shrink';
    },
  };
}
