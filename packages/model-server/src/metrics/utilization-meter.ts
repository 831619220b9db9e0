import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** How busy this process is. */
export interface UtilizationMeter {
  /** Share of the time that the event loop worked lately, from 0 to 1: what a scaler of processes or machines goes by. */
  read(): number;
  /** Seconds for which the event loop kept everybody waiting at the most, in the last one to two minutes. */
  longestDelay(): number;
  stop(): void;
}

const windowMs = 2_000;
const windowsOfDelay = 30;
const delayResolutionMs = 20;

export function createUtilizationMeter(): UtilizationMeter {
  let before = performance.eventLoopUtilization();
  let utilization = 0;
  const delays = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delays.enable();
  let longestBefore = 0;
  let windows = 0;
  const timer = setInterval(() => {
    windows += 1;
    if (windows % windowsOfDelay === 0) {
      longestBefore = delays.max;
      delays.reset();
    }
    const now = performance.eventLoopUtilization();
    utilization = performance.eventLoopUtilization(now, before).utilization;
    before = now;
  }, windowMs);
  timer.unref();
  return {
    read: () => utilization,
    // What is measured is the time between two ticks that ought to be a resolution apart.
    longestDelay: () => Math.max(0, Math.max(longestBefore, delays.max) / 1e9 - delayResolutionMs / 1e3),
    stop() {
      clearInterval(timer);
      delays.disable();
    },
  };
}
