import { performance } from 'node:perf_hooks';

/** How busy this process is. */
export interface UtilizationMeter {
  /** Share of the time that the event loop worked lately, from 0 to 1: what a scaler of processes or machines goes by. */
  read(): number;
  stop(): void;
}

const windowMs = 2_000;

export function createUtilizationMeter(): UtilizationMeter {
  let before = performance.eventLoopUtilization();
  let utilization = 0;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    utilization = performance.eventLoopUtilization(now, before).utilization;
    before = now;
  }, windowMs);
  timer.unref();
  return { read: () => utilization, stop: () => clearInterval(timer) };
}
