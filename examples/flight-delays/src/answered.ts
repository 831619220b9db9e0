import type { LiveFlight } from './live-flight.ts';

/** An answer of the endpoint, waiting for its label. */
export interface Answered {
  readonly predictionId: string;
  readonly flight: LiveFlight;
  readonly score: number;
  readonly arm: string;
}
