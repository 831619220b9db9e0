import type { SourceExperiment, SourceLoggedModel, SourceRun } from './mlflow-source.ts';
import { createRestSource, loggedModelsById, runsById } from './rest-source.ts';
import type { AskedKind, Tally } from './tally.ts';
import {
  addPoints,
  contentOfExperiment,
  contentOfLoggedModel,
  contentOfModel,
  contentOfRun,
  partsThatDiffer,
} from './thing-content.ts';
import type { ImportTarget, ThingsImport } from './things-import.ts';

/** Experiments that Esteira has, by name. */
export async function experimentsThere(
  target: ImportTarget | undefined,
): Promise<ReadonlyMap<string, SourceExperiment>> {
  if (target === undefined) return new Map();
  const there = await createRestSource(target.rest, 0).experiments();
  return new Map(there.map((experiment) => [experiment.name, experiment]));
}

/**
 * Notes of each experiment whether Esteira says the same of it. The one that was there `before` took the runs in and keeps its
 * own times: that is worth knowing, and no fault.
 */
export async function compareExperiments(
  { target, tally, experiments, notes }: ThingsImport & { readonly notes: string[] },
  found: readonly SourceExperiment[],
  before: ReadonlyMap<string, SourceExperiment>,
): Promise<void> {
  if (target === undefined) return;
  const there = await experimentsThere(target);
  for (const source of found) {
    const own = there.get(source.name);
    const all = partsNotThere(own, source, contentOfExperiment);
    const different = before.has(source.name) ? all.filter((part) => part !== 'times') : all;
    if (different.length < all.length)
      notes.push(`the experiment ${source.name} was here before and keeps its own times`);
    const id = experiments.get(source.key)?.id ?? source.key;
    note(tally, 'experiment', id, different);
  }
}

/** Notes of each run whether Esteira says the same of it, its whole histories by the `sums` over their points. */
export async function compareRuns(
  { target, tally }: ThingsImport,
  runs: readonly SourceRun[],
  sums: ReadonlyMap<string, bigint>,
): Promise<void> {
  if (target === undefined) return;
  const ids = runs.map(({ id }) => id);
  const there = new Map((await runsById(target.rest, ids, 0)).map((run) => [run.id, run]));
  const sumsThere = new Map<string, bigint>();
  for await (const part of createRestSource(target.rest, 0).points([...there.values()]))
    sumsThere.set(part.runId, addPoints(sumsThere.get(part.runId) ?? 0n, part));
  for (const run of runs) {
    const own = there.get(run.id);
    const parts = partsNotThere(own, run, (told) => contentOfRun(told, run));
    const different = sums.get(run.id) === sumsThere.get(run.id) ? parts : [...parts, 'histories of metrics'];
    note(tally, 'run', run.id, different);
  }
}

/** Notes of each logged model, deleted or not, whether Esteira says the same of it. */
export async function compareLoggedModels(
  { target, tally }: ThingsImport,
  models: readonly SourceLoggedModel[],
): Promise<void> {
  if (target === undefined) return;
  const ids = models.map(({ id }) => id);
  const there = new Map((await loggedModelsById(target.rest, ids)).map((model) => [model.id, model]));
  for (const model of models) {
    note(tally, 'logged-model', model.id, partsNotThere(there.get(model.id), model, contentOfLoggedModel));
  }
}

/** Notes of each registered model whether Esteira says the same of it and of its versions. */
export async function compareModels(
  { target, tally }: ThingsImport,
  contents: ReadonlyMap<string, Readonly<Record<string, string>>>,
): Promise<void> {
  if (target === undefined) return;
  for await (const model of createRestSource(target.rest, 0).models()) {
    const wanted = contents.get(model.name);
    if (wanted === undefined) continue;
    const different = partsThatDiffer(wanted, contentOfModel(model));
    note(tally, 'model', model.name, different);
  }
}

/** What Esteira does not say as the source does; all of it where it has nothing of the kind. */
function partsNotThere<T>(
  own: T | undefined,
  source: T,
  contentOf: (told: T) => Readonly<Record<string, string>>,
): readonly string[] {
  return own === undefined ? ['all of it'] : partsThatDiffer(contentOf(source), contentOf(own));
}

function note(tally: Tally, kind: AskedKind, id: string, different: readonly string[]): void {
  tally.found(kind, id, { content: different.length === 0 ? 1 : 0 }, different);
}
