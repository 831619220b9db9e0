import type { ImportedRun, ImportedSeries } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import {
  compareExperiments,
  compareLoggedModels,
  compareModels,
  compareRuns,
  experimentsThere,
} from './compare-contents.ts';
import { importEvaluationDatasets } from './import-evaluation.ts';
import { type FilesOutcome, importFiles } from './import-files.ts';
import { importIssues } from './import-issues.ts';
import { importScorers } from './import-scorers.ts';
import { importTraces } from './import-traces.ts';
import { importWebhooks } from './import-webhooks.ts';
import { inParallel } from './in-parallel.ts';
import type { MlflowSource, SourceExperiment, SourceModel, SourceOwner, SourceRun } from './mlflow-source.ts';
import { sendInBatches } from './send-in-batches.ts';
import { type Comparison, createTally, type Tally } from './tally.ts';
import { addPoints, contentOfModel } from './thing-content.ts';
import type { ImportProgress, ImportTarget, ThingsImport } from './things-import.ts';
import { createVersionFolders, type VersionFolders } from './version-folder.ts';

/** What came of an import, or would come of it. */
export interface ImportReport {
  readonly rows: readonly Comparison[];
  /** Whether everything the source has is in Esteira, and nothing went wrong. */
  readonly complete: boolean;
  /** What differs, and what could not be read or was refused. */
  readonly problems: readonly string[];
  /** Worth knowing, and no fault. */
  readonly notes: readonly string[];
}

interface Import extends ThingsImport {
  readonly client: EsteiraClient | undefined;
  readonly folders: VersionFolders;
  readonly notes: string[];
}

const ownersAtOnce = 4;

/**
 * Moves an MLflow into Esteira: experiments, runs with their points and files, logged models, the registry, traces, issues,
 * what answers are judged by, webhooks; then compares what each thing says on both sides. May be broken off and begun again
 * anywhere: what is there is not sent twice. Without a target it only counts.
 */
export async function importMlflow(
  source: MlflowSource,
  target: ImportTarget | undefined,
  onProgress: (progress: ImportProgress) => void,
): Promise<ImportReport> {
  const client = target?.client;
  const tally = createTally();
  const notes: string[] = [];
  const found = await source.experiments();
  const before = await experimentsThere(target);
  const work: Import = {
    source,
    target,
    client,
    tally,
    folders: createVersionFolders(),
    experiments: await importExperiments(client, tally, notes, found),
    problems: [],
    notes,
    digests: { files: 0, equal: 0 },
    onProgress,
  };
  await importRuns(work, found);
  await compareExperiments(work, found, before);
  await importLoggedModels(work, found);
  await importRegistry(work);
  notes.push(...(await importTraces(work, found)));
  await importIssues(work);
  await importEvaluationDatasets(work);
  notes.push(...(await importScorers(work, found)));
  notes.push(...(await importWebhooks(work)));
  return await report(work);
}

async function report({ client, tally, problems, notes, digests }: Import): Promise<ImportReport> {
  if (client === undefined) {
    const rows = tally.totals().map(({ what, source }) => ({ what, source, target: 0, same: false }));
    return { rows, complete: true, problems, notes };
  }
  const { rows, differing } = await tally.compare(client);
  const same = digests.files === digests.equal;
  const all = [...rows, { what: 'digests of artifacts', source: digests.files, target: digests.equal, same }];
  const complete = all.every((row) => row.same) && problems.length === 0 && differing.length === 0;
  return { rows: all, complete, problems: [...problems, ...differing], notes };
}

async function importExperiments(
  client: EsteiraClient | undefined,
  tally: Tally,
  notes: string[],
  found: readonly SourceExperiment[],
): Promise<ThingsImport['experiments']> {
  const experiments = new Map<string, { id: string; number: number; deleted: boolean }>();
  await sendInBatches(found, async (batch) => {
    const items = batch.map(({ key: _, ...experiment }) => experiment);
    const answer = await client?.imports.experiments({ body: { items } });
    for (const [index, { key, name, number, tags = [], deletedAt }] of batch.entries()) {
      const made = answer?.items[index] ?? { id: key, number, deleted: deletedAt !== undefined };
      experiments.set(key, { id: made.id, number: made.number ?? 0, deleted: made.deleted });
      if (made.number !== number)
        notes.push(
          `the experiment ${name} had the number ${key}, which is taken: it has ${made.number} here`,
        );
      tally.count('experiment', made.id, {
        tags: tags.length,
        content: 1,
        ...(deletedAt === undefined ? {} : { deleted: 1 }),
      });
    }
  });
  return experiments;
}

async function importRuns(work: Import, found: readonly SourceExperiment[]): Promise<void> {
  let done = 0;
  for await (const runs of work.source.runs(found)) {
    const { client, tally, folders } = work;
    for (const run of runs) {
      folders.know('run', run.id, run.location);
      tally.count('run', run.id, countsOfRun(run));
    }
    if (client !== undefined)
      await sendInBatches(
        runs.map((run) => toImported(run, work.experiments)),
        async (items) => void (await client.imports.runs({ body: { items } })),
      );
    const sums = await importPoints(work, runs);
    await compareRuns(work, runs, sums);
    await importFilesOf(
      work,
      runs.map(({ id, location }) => ({ kind: 'run', id, location })),
    );
    done += runs.length;
    work.onProgress({ step: 'runs', done });
  }
}

function toImported(run: SourceRun, experiments: Import['experiments']): ImportedRun {
  const { experimentKey, location: _, deleted: __, metrics: ___, deletedAt, ...words } = run;
  const experiment = experiments.get(experimentKey);
  return {
    ...words,
    experimentId: experiment?.id ?? experimentKey,
    // A deleted experiment hides its runs; they come back with it.
    ...(deletedAt === undefined || experiment?.deleted === true ? {} : { deletedAt }),
  };
}

function countsOfRun(run: SourceRun): Record<string, number> {
  const { params = [], tags = [], datasets = [], modelInputs = [], modelOutputs = [] } = run;
  return {
    params: params.length,
    tags: tags.length,
    metrics: run.metrics.length,
    datasets: datasets.length,
    models: modelInputs.length + modelOutputs.length,
    content: 1,
    ...(run.deleted ? { deleted: 1 } : {}),
  };
}

/** Resolves with a sum over the points of each run, as the source has them. */
async function importPoints(work: Import, runs: readonly SourceRun[]): Promise<ReadonlyMap<string, bigint>> {
  const { source, client, tally } = work;
  const counts = await source.countPoints?.(runs);
  let missing = runs;
  if (counts !== undefined) {
    const ids = runs.map(({ id }) => id);
    const there = await client?.imports.counts({ body: { kind: 'run', ids } });
    const points = new Map(there?.items.map((item) => [item.id, item.counts.points ?? 0]));
    missing = client === undefined ? [] : runs.filter(({ id }) => (counts.get(id) ?? 0) !== points.get(id));
    for (const [id, count] of counts) tally.count('run', id, { points: count });
  }
  const sent = new Set(missing.map(({ id }) => id));
  const sums = new Map<string, bigint>();
  const latest = new Map(
    missing.flatMap((run) =>
      run.metrics.map((metric) => [`${run.id} ${metric.name}`, metric.latest] as const),
    ),
  );
  async function* series(): AsyncIterable<ImportedSeries> {
    for await (const part of source.points(client === undefined ? missing : runs)) {
      if (counts === undefined) tally.count('run', part.runId, { points: part.points.length });
      sums.set(part.runId, addPoints(sums.get(part.runId) ?? 0n, part));
      const shown = latest.get(`${part.runId} ${part.name}`);
      if (sent.has(part.runId)) yield { ...part, ...(shown === undefined ? {} : { latest: shown }) };
    }
  }
  await sendInBatches(series(), async (items) => void (await client?.imports.points({ body: { items } })));
  return sums;
}

async function importFilesOf(work: Import, owners: readonly SourceOwner[]): Promise<void> {
  const { source, client, tally, digests, problems } = work;
  await inParallel(owners, ownersAtOnce, async (owner) => {
    const outcome: FilesOutcome =
      client === undefined
        ? { files: await countFiles(source, owner), equal: 0, problems: [] }
        : await importFiles(source, client, owner);
    tally.count(owner.kind, owner.id, { artifacts: outcome.files });
    digests.files += outcome.files;
    digests.equal += outcome.equal;
    problems.push(...outcome.problems);
    if (outcome.files > 0) work.onProgress({ step: 'artifacts', done: digests.files });
  });
}

async function countFiles(source: MlflowSource, owner: SourceOwner): Promise<number> {
  let count = 0;
  for await (const _ of source.files(owner)) count++;
  return count;
}

async function importLoggedModels(work: Import, found: readonly SourceExperiment[]): Promise<void> {
  const { client, tally, folders } = work;
  for await (const models of work.source.loggedModels(found)) {
    for (const { id, location, params = [], tags = [], metrics = [], deletedAt } of models) {
      folders.know('logged-model', id, location);
      tally.count('logged-model', id, {
        params: params.length,
        tags: tags.length,
        metrics: metrics.length,
        content: 1,
        ...(deletedAt === undefined ? {} : { deleted: 1 }),
      });
    }
    const items = models.map(({ experimentKey, location: _, ...model }) => ({
      ...model,
      experimentId: work.experiments.get(experimentKey)?.id ?? experimentKey,
    }));
    if (client !== undefined)
      await sendInBatches(
        items,
        async (batch) => void (await client.imports.loggedModels({ body: { items: batch } })),
      );
    await compareLoggedModels(work, models);
    await importFilesOf(
      work,
      models.map(({ id, location }) => ({ kind: 'logged-model', id, location })),
    );
  }
}

async function importRegistry(work: Import): Promise<void> {
  const { client, tally } = work;
  const contents = new Map<string, Readonly<Record<string, string>>>();
  let done = 0;
  for await (const { versions, ...model } of work.source.models()) {
    contents.set(model.name, contentOfModel({ ...model, versions }));
    await client?.imports.models({ body: { items: [model] } });
    const items = versions.map((version) => toVersion(work, version));
    await sendInBatches(
      items,
      async (batch) => void (await client?.imports.versions({ body: { items: batch } })),
    );
    tally.count('model', model.name, {
      tags: (model.tags ?? []).length,
      aliases: (model.aliases ?? []).length,
      versions: versions.length,
      versionTags: versions.reduce((sum, { tags = [] }) => sum + tags.length, 0),
      content: 1,
    });
    done++;
    work.onProgress({ step: 'registered models', done });
  }
  await compareModels(work, contents);
}

function toVersion(work: Import, { resolved, ...version }: SourceModel['versions'][number]) {
  const { folders, notes } = work;
  const folder = folders.find(version.source) ?? folders.find(resolved ?? '');
  const isPrompt = version.tags?.some(([tag]) => tag === 'mlflow.prompt.is_prompt') === true;
  if (folder === null && !isPrompt)
    notes.push(
      `version ${version.version} of ${version.model} has no files here: its source ${version.source} is no run or logged model that was imported`,
    );
  return { ...version, folder, loggedModelId: folder?.kind === 'logged-model' ? folder.id : null };
}
