/** One flight of an invented network. */
export interface Flight {
  /** Departure, milliseconds since 1970. */
  readonly at: number;
  /** Minutes late at arrival. */
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

const minute = 60_000;
const day = 24 * 60 * minute;
const airports = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 'FFF'];
const firstDay = Date.UTC(2001, 0, 1);

/** Flights of some days, spread evenly: airports have bad days, evenings are worse, so that delays can be foreseen. */
export function inventFlights(options: { days: number; perDay: number; seed: number }): Flight[] {
  const random = createRandom(options.seed);
  const flights: Flight[] = [];
  for (let dayNumber = 0; dayNumber < options.days; dayNumber++) {
    const trouble = new Map(airports.map((airport) => [airport, random() < 0.4 ? 60 * random() : 0]));
    for (let number = 0; number < options.perDay; number++) {
      const share = number / options.perDay;
      const origin = airports[Math.floor(random() * airports.length)] ?? 'AAA';
      const destination = airports[(airports.indexOf(origin) + 1 + Math.floor(random() * 5)) % 6] ?? 'BBB';
      const noise = -18 * Math.log(1 - random()) - 14;
      flights.push({
        at: firstDay + dayNumber * day + Math.floor((share * day) / minute) * minute,
        delay: Math.round(noise + 10 * share + (trouble.get(origin) ?? 0)),
        distance:
          200 +
          130 * Math.abs(airports.indexOf(origin) - airports.indexOf(destination)) +
          Math.floor(40 * random()),
        origin,
        destination,
      });
    }
  }
  return flights;
}

export function toCsv(flights: readonly Flight[]): string {
  const lines = flights.map(
    ({ at, delay, distance, origin, destination }) =>
      `${timeText(at)},${delay},${distance},${origin},${destination}`,
  );
  return `date,delay,distance,origin,destination\n${lines.join('\n')}\n`;
}

function timeText(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/** Bytes as the upload of the client takes them. */
export async function* streamOf(content: string | Uint8Array): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(content);
  for (let start = 0; start < bytes.length; start += 1 << 16) yield bytes.subarray(start, start + (1 << 16));
}

/** Mulberry32: the same numbers for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
