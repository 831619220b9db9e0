/** A flight at its departure: what is known by then, and what only its landing will tell. */
export interface LiveFlight {
  readonly departure: number;
  readonly origin: string;
  readonly destination: string;
  readonly features: Readonly<Record<string, number | null>>;
  /** 1 when it arrived more than 15 minutes late. */
  readonly label: number;
  /** When the flight has landed and the label is known: departure, one hour, and six seconds a mile. */
  readonly labelKnownAt: number;
}
