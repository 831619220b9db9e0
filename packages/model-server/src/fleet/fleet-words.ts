/** What a serving process says to the process that keeps it, twice a second. */
export interface Heartbeat {
  readonly kind: 'heartbeat';
  /** Share of the time the event loop worked since the last one. */
  readonly utilization: number;
  readonly connections: Connections;
}

/** Connections of clients, by the protocol they came for. */
export interface Connections {
  readonly rest: number;
  readonly grpc: number;
}

/** What a serving process is told: to part with that many connections, so that others get some of the load. */
export interface ShedWord {
  readonly kind: 'shed';
  readonly connections: Connections;
}

/** First words on standard output: where it listens. */
export interface ListeningWords {
  readonly httpUrl: string;
  readonly innerUrl: string;
  readonly grpcAddress: string | null;
  readonly boot: string;
  readonly cpuSeconds: number;
}

/** Last words on standard output. */
export interface EndWords {
  readonly peakMemoryBytes: number;
  readonly cpuSeconds: number;
}
