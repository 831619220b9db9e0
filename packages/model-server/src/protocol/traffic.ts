/** Requests at the doors of the server, REST and gRPC together. */
export interface Traffic {
  /** A request that somebody waits for came in; call what is returned when it is answered. */
  begin(): () => void;
  running(): number;
  /** When the last one came in, in ms of `performance.now()`. */
  lastCame(): number;
  /** A request was answered with an error of the table. */
  refused(code: string): void;
  refusals(): ReadonlyMap<string, number>;
}

export function createTraffic(): Traffic {
  const refusals = new Map<string, number>();
  let running = 0;
  let lastCame = Number.NEGATIVE_INFINITY;
  const end = (): void => {
    running -= 1;
  };
  return {
    begin() {
      running += 1;
      lastCame = performance.now();
      return end;
    },
    running: () => running,
    lastCame: () => lastCame,
    refused: (code) => void refusals.set(code, (refusals.get(code) ?? 0) + 1),
    refusals: () => refusals,
  };
}
