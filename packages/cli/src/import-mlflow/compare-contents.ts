import type { SourceRun } from './mlflow-source.ts';
import { createRestSource, runsById } from './rest-source.ts';
import { addPoints, contentOfModel, contentOfRun, partsThatDiffer } from './thing-content.ts';
import type { ThingsImport } from './things-import.ts';

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
    const parts =
      own === undefined ? ['all of it'] : partsThatDiffer(contentOfRun(run, run), contentOfRun(own, run));
    const different = sums.get(run.id) === sumsThere.get(run.id) ? parts : [...parts, 'histories of metrics'];
    tally.found('run', run.id, { content: different.length === 0 ? 1 : 0 }, different);
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
    tally.found('model', model.name, { content: different.length === 0 ? 1 : 0 }, different);
  }
}
