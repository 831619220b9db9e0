/** What a step of a pipeline took for the requests to one endpoint, without the wait for other steps. */
export interface StepTime {
  readonly step: string;
  /** Requests in which it ran, also those in which it failed. */
  readonly runs: number;
  readonly ms: number;
}

/** Counts by endpoint and step: both are few, and none is taken from a request. */
export function createStepTimes() {
  const endpoints = new Map<string, Map<string, { runs: number; ms: number }>>();

  return {
    /** A function that notes that a step has ended which began then (`performance.now()`). */
    of(endpoint: string): (step: string, began: number) => void {
      const steps = endpoints.get(endpoint) ?? new Map<string, { runs: number; ms: number }>();
      endpoints.set(endpoint, steps);
      return (step, began) => {
        const time = steps.get(step) ?? { runs: 0, ms: 0 };
        time.runs += 1;
        time.ms += performance.now() - began;
        steps.set(step, time);
      };
    },
    read: (endpoint: string): readonly StepTime[] =>
      [...(endpoints.get(endpoint) ?? [])].map(([step, time]) => ({ step, ...time })),
  };
}
