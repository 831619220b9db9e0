import { sql } from 'kysely';
import type { IdGenerator } from '../kernel/ids.ts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { DatasetInput } from './run.ts';

interface RunDatasetTables {
  logged_datasets: {
    id: string;
    workspace: string;
    experiment_id: string;
    name: string;
    digest: string;
    source_type: string;
    source: string;
    schema: string | null;
    profile: string | null;
  };
  run_datasets: { run_id: string; dataset_id: string; context: string | null; tags: string };
}

/**
 * Keeps the data sets that a run read. In an experiment a name and a digest stand for one data set, and a run reads it once:
 * what is there already stays as it is.
 */
export async function insertRunDatasets(
  tx: SqlTransaction,
  ids: IdGenerator,
  run: { readonly id: string; readonly workspace: string; readonly experimentId: string },
  inputs: readonly DatasetInput[],
): Promise<void> {
  if (inputs.length === 0) return;
  const byKey = new Map<string, DatasetInput>();
  for (const input of inputs) {
    const key = keyOf(input.dataset.name, input.dataset.digest);
    if (!byKey.has(key)) byKey.set(key, input);
  }
  const columns = {
    id: 'text',
    name: 'text',
    digest: 'text',
    source_type: 'text',
    source: 'text',
    schema: 'text',
    profile: 'text',
  } as const;
  await tx.forEachRow(
    columns,
    [...byKey.values()].map(({ dataset }) => [
      ids.next('lds'),
      dataset.name,
      dataset.digest,
      dataset.sourceType,
      dataset.source,
      dataset.schema ?? null,
      dataset.profile ?? null,
    ]),
    ({ value, from }) => sql`
      insert into logged_datasets
        (id, workspace, experiment_id, name, digest, source_type, source, schema, profile)
      select ${value('id')}, ${run.workspace}, ${run.experimentId}, ${value('name')}, ${value('digest')},
        ${value('source_type')}, ${value('source')}, ${value('schema')}, ${value('profile')} ${from}
      where true
      on conflict (experiment_id, name, digest) do nothing`,
  );
  const stored = await tx
    .query<RunDatasetTables>()
    .selectFrom('logged_datasets')
    .select(['id', 'name', 'digest'])
    .where('experiment_id', '=', run.experimentId)
    .where('name', 'in', [...new Set(inputs.map(({ dataset }) => dataset.name))])
    .where('digest', 'in', [...new Set(inputs.map(({ dataset }) => dataset.digest))])
    .execute();
  const idOf = new Map(stored.map(({ id, name, digest }) => [keyOf(name, digest), id]));
  await tx.forEachRow(
    { dataset_id: 'text', context: 'text', tags: 'text' },
    [...byKey].map(([key, { context, tags }]) => [
      idOf.get(key) ?? '',
      context ?? null,
      JSON.stringify(tags),
    ]),
    ({ value, from }) => sql`
      insert into run_datasets (run_id, dataset_id, context, tags)
      select ${run.id}, ${value('dataset_id')}, ${value('context')}, ${value('tags')} ${from}
      where true
      on conflict (run_id, dataset_id) do nothing`,
  );
}

/** The data sets that runs read, by run, in the order in which their experiments came to know them. */
export async function datasetsOfRuns(
  reader: SqlReader,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly DatasetInput[]>> {
  const byRun = new Map<string, DatasetInput[]>();
  const rows = await reader
    .query<RunDatasetTables>()
    .selectFrom('run_datasets')
    .innerJoin('logged_datasets', 'logged_datasets.id', 'run_datasets.dataset_id')
    .selectAll('run_datasets')
    .select(['name', 'digest', 'source_type', 'source', 'schema', 'profile'])
    .where(reader.isOneOf('run_id', runIds))
    .orderBy('run_id')
    .orderBy('dataset_id')
    .execute();
  for (const row of rows) {
    const inputs = byRun.get(row.run_id) ?? [];
    inputs.push({
      dataset: {
        name: row.name,
        digest: row.digest,
        sourceType: row.source_type,
        source: row.source,
        ...(row.schema === null ? {} : { schema: row.schema }),
        ...(row.profile === null ? {} : { profile: row.profile }),
      },
      ...(row.context === null ? {} : { context: row.context }),
      tags: JSON.parse(row.tags) as Record<string, string>,
    });
    byRun.set(row.run_id, inputs);
  }
  return byRun;
}

/** A data set that runs of an experiment read in a context. */
export interface DatasetUse {
  readonly experimentId: string;
  readonly name: string;
  readonly digest: string;
  readonly context?: string;
}

/** Which data sets the runs of experiments read, each once for each context; at most `limit`. */
export async function usesOfDatasets(
  reader: SqlReader,
  experimentIds: readonly string[],
  limit: number,
): Promise<readonly DatasetUse[]> {
  if (experimentIds.length === 0) return [];
  const rows = await reader
    .query<RunDatasetTables>()
    .selectFrom('logged_datasets')
    .innerJoin('run_datasets', 'run_datasets.dataset_id', 'logged_datasets.id')
    .select(['experiment_id', 'name', 'digest', 'context'])
    .distinct()
    .where('experiment_id', 'in', experimentIds)
    .orderBy('experiment_id')
    .orderBy('name')
    .orderBy('digest')
    .orderBy('context')
    .limit(limit)
    .execute();
  return rows.map(({ experiment_id, name, digest, context }) => ({
    experimentId: experiment_id,
    name,
    digest,
    ...(context === null ? {} : { context }),
  }));
}

function keyOf(name: string, digest: string): string {
  return JSON.stringify([name, digest]);
}
