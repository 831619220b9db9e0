/** Measures what each of several steps at work in one process costs. */
export interface CpuMeter {
  /** Begins to measure; the function returned ends it and gives the seconds. */
  start(): () => number;
}

/**
 * Shares the processor time of the process among the steps that ran while it was spent: exact in the sum, and for each step
 * that runs alone. `cpuSeconds` is the time the process has used since its start, worker threads included.
 */
export function createCpuMeter(cpuSeconds: () => number): CpuMeter {
  const running = new Set<{ seconds: number }>();
  let measured = 0;

  function share(): void {
    const now = cpuSeconds();
    for (const account of running) account.seconds += (now - measured) / running.size;
    measured = now;
  }

  return {
    start() {
      share();
      const account = { seconds: 0 };
      running.add(account);
      return () => {
        if (running.has(account)) share();
        running.delete(account);
        return account.seconds;
      };
    },
  };
}
