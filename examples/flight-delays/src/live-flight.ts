/** A flight at its departure: what is known by then, and what only its landing will tell. */
export interface LiveFlight {
  readonly departure: number;
  readonly origin: string;
  readonly destination: string;
  /** Names of `features`, one list for all flights. */
  readonly featureNames: readonly string[];
  /** NaN where nothing is known. A list of numbers, because thousands of objects would fill the script's memory. */
  readonly features: readonly number[];
  /** 1 when it arrived more than 15 minutes late. */
  readonly label: number;
  /** When the flight has landed and the label is known: departure, one hour, and six seconds a mile. */
  readonly labelKnownAt: number;
}
