import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { IngestResult } from '@esteira/contracts';
import { ApiError } from '@esteira/sdk';
import { fileBytes } from '../flight-files.ts';
import { type Chapter, names, type Story } from '../story.ts';
import { waitForJob } from '../wait.ts';

export const ingestData: Chapter = {
  title: 'Data',
  async tell(story) {
    const { client, console, flights } = story;
    await ensureDataset(story, names.dataset, 'Departures of US domestic flights, 2001');
    const document = readFileSync(join(story.folder, 'contract.yaml'), 'utf8');
    const contract = await client.datasets.putContract({
      params: { name: names.dataset },
      body: { document },
    });
    console.fact(
      `contract ${names.dataset} version ${contract.version} (ODCS 3.1.0), digest ${contract.digest.slice(0, 19)}`,
    );

    await landMonths(story, [1, 2, 3]);
    const result = await ingest(story, names.dataset, {
      window: { column: 'date', from: '2001-01-01', to: '2001-04-01' },
      deduplicate: true,
    });
    if (result.outcome !== 'created' || result.versionId === undefined)
      throw new Error('January to March broke their contract');
    const version = await client.datasets.getVersion({ params: { id: result.versionId } });
    console.fact(
      `version ${version.number}: ${version.rows.toLocaleString('en')} rows, ${version.digest.slice(0, 19)}, ${result.duplicatesRemoved} exact duplicates removed`,
    );
    const delay = version.profile.find((column) => column.name === 'delay');
    console.fact(
      `profile of delay: ${delay?.min} to ${delay?.max} minutes, mean ${delay?.mean?.toFixed(2)}, median ${delay?.quantiles?.['0.5']}`,
    );
    await refuseBrokenCopy(story, document);
    return `version ${version.number} valid; the broken copy was refused and not stored`;

    async function refuseBrokenCopy(of: Story, contractText: string): Promise<void> {
      const name = 'flights-broken';
      await ensureDataset(of, name, 'A copy with damage, to see it refused');
      await client.datasets.putContract({ params: { name }, body: { document: contractText } });
      const broken = await flights.broken();
      await client.datasets.landFile({
        params: { name },
        query: { fileName: basename(broken.path) },
        body: fileBytes(broken.path),
      });
      const refused = await ingest(of, name, {});
      if (refused.outcome !== 'refused' || refused.validationRunId === undefined)
        throw new Error('the broken copy passed its contract');
      const run = await client.datasets.getValidationRun({ params: { id: refused.validationRunId } });
      console.fact(
        `broken copy: ${run.failingRows.toLocaleString('en')} failing rows (${broken.damagedRows.toLocaleString('en')} were damaged), ${run.failedChecks} checks failed, ${run.sample.length} rows kept as a sample`,
      );
      const { items } = await client.datasets.listVersions({ params: { name }, query: {} });
      if (items.length > 0) throw new Error('something of the broken copy was stored as valid');
    }
  },
};

/** Uploads months that have not landed yet, as they would arrive. */
export async function landMonths(
  { client, flights, console }: Story,
  months: readonly number[],
): Promise<void> {
  const { items } = await client.datasets.listFiles({
    params: { name: names.dataset },
    query: { limit: 1000 },
  });
  const landed = new Set(items.map((file) => file.fileName));
  for (const month of months) {
    const path = await flights.month(month);
    const fileName = basename(path);
    if (landed.has(fileName)) continue;
    const file = await client.datasets.landFile({
      params: { name: names.dataset },
      query: { fileName },
      body: fileBytes(path),
    });
    console.fact(
      `landed ${fileName}: ${file.rows.toLocaleString('en')} rows, ${(file.size / 1e6).toFixed(1)} MB, ${file.digest.slice(0, 19)}`,
    );
  }
}

type IngestBody = NonNullable<Parameters<Story['client']['datasets']['ingest']>[0]['body']>;

/** Makes a version of what has landed, or learns why not. */
export async function ingest(
  { client, console }: Story,
  name: string,
  body: IngestBody,
): Promise<IngestResult> {
  const { jobId } = await client.datasets.ingest({ params: { name }, body });
  const job = await waitForJob(client, jobId, console);
  return job.result as unknown as IngestResult;
}

async function ensureDataset({ client }: Story, name: string, description: string): Promise<void> {
  await client.datasets
    .create({ body: { name, project: names.project, description } })
    .catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
    });
}
