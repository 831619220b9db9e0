import { availableParallelism, totalmem } from 'node:os';

/** What a latency depends on beside the model: platform, architecture, CPUs and memory of this machine. */
export function machineClass(): string {
  return `${process.platform}-${process.arch}-${availableParallelism()}cpu-${Math.round(totalmem() / 2 ** 30)}gib`;
}
