import { createWriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ingest } from './chapters/ingest-data.ts';
import { monthFile } from './flight-files.ts';
import type { LiveFlight } from './live-flight.ts';
import { names, type Story } from './story.ts';
import { waitForJob } from './wait.ts';

export interface LiveFlightsRequest {
  /** Landed months that hold the history and the flights themselves. */
  readonly months: readonly number[];
  /** ISO dates; history begins two weeks before, for the widest window. */
  readonly historyFrom: string;
  readonly from: string;
  readonly until: string;
  /** Flights drawn from each span that ends at `until`, by a seeded hash. */
  readonly samples: readonly { readonly until: string; readonly rows: number }[];
}

/**
 * Departures with the features as they were known at each departure, in order of departure. The feature store computes them
 * from the landed data by the very definitions the model was trained with.
 */
export async function readLiveFlights(
  story: Story,
  request: LiveFlightsRequest,
): Promise<readonly LiveFlight[]> {
  const { client, console, flights } = story;
  const window = { column: 'date', from: request.historyFrom, to: request.until };
  const landed = await client.datasets.listFiles({ params: { name: names.dataset }, query: { limit: 1000 } });
  const files = landed.items.filter((file) =>
    request.months.some((month) => file.fileName === monthFile(month)),
  );
  const ids = files.map((file) => file.id);
  const { versionId } = await ingest(story, names.dataset, { files: ids, window, deduplicate: true });
  if (versionId === undefined) throw new Error('the new months broke their contract');
  const source = await client.datasets.getVersion({ params: { id: versionId } });
  const { jobId } = await client.featureStore.createTrainingSet({
    body: {
      name: 'flight-delays-live',
      featureService: names.featureService,
      source: { type: 'dataset-version', id: source.id, digest: source.digest },
      timeColumn: 'date',
      label: 'CASE WHEN delay > 15 THEN 1 ELSE 0 END',
      keep: ['origin', 'destination'],
      where: 'delay BETWEEN -120 AND 1440',
      from: request.from,
      until: request.until,
      samples: [...request.samples],
      seed: 7,
    },
  });
  const job = await waitForJob(client, jobId, console);
  const made = await client.datasets.getVersion({
    params: { id: (job.result as { versionId: string }).versionId },
  });
  const { features } = made.attributes as { features: string[] };
  const path = join(dirname(await flights.month(1)), `${made.id}.parquet`);
  await pipeline(
    Readable.from(await client.datasets.download({ params: { id: made.id } })),
    createWriteStream(path),
  );
  const departures: LiveFlight[] = [];
  const rows = flights.read(
    `SELECT epoch_ms(event_time) AS departure, * FROM read_parquet('${path}') ORDER BY event_time`,
  );
  for await (const row of rows) departures.push(toFlight(row, features));
  return departures;
}

function toFlight(row: Readonly<Record<string, unknown>>, features: readonly string[]): LiveFlight {
  const departure = Number(row.departure);
  return {
    departure,
    origin: String(row.origin),
    destination: String(row.destination),
    featureNames: features,
    features: features.map((name) => (row[name] === null ? Number.NaN : Number(row[name]))),
    label: Number(row.label),
    labelKnownAt: departure + 3_600_000 + (Number(row.distance) / 6) * 60_000,
  };
}
