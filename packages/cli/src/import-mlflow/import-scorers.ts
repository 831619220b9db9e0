import type { EvaluationImport } from './import-evaluation.ts';
import type { SourceExperiment } from './mlflow-source.ts';
import { scorerVersions } from './rest-scorers.ts';

/**
 * Moves scorers with all their versions. Those of deleted experiments stay: no server tells of them. Returns what is worth
 * knowing: which hold code, which is not taken.
 */
export async function importScorers(
  { source, target, tally, experiments, onProgress }: EvaluationImport,
  found: readonly SourceExperiment[],
): Promise<readonly string[]> {
  if (source.evaluation === undefined) return [];
  const notes: string[] = [];
  let done = 0;
  const living = found.filter(({ key }) => experiments.get(key)?.deleted === false);
  const names = new Map(living.map(({ key, name }) => [key, name]));
  for await (const { experimentKey, versions } of source.evaluation.scorers([...names.keys()])) {
    const { id = experimentKey, number = 0 } = experiments.get(experimentKey) ?? {};
    const items = versions.map((version) => ({ ...version, experimentId: id }));
    const answer = await target?.client.imports.scorers({ body: { items } });
    const refused = answer?.refused ?? [];
    const where = names.get(experimentKey);
    for (const place of refused)
      notes.push(
        `version ${versions[place]?.version} of the scorer ${versions[place]?.name} in ${where} does not come: it holds code that whoever loads it would run`,
      );
    const taken = versions.filter((_, place) => !refused.includes(place));
    const [first] = taken;
    if (first === undefined) continue;
    const scorer = `${first.name} in ${where}`;
    tally.count('scorer', scorer, { versions: taken.length });
    if (target !== undefined) {
      const there = await scorerVersions(target.rest, String(number), first.name);
      tally.found('scorer', scorer, { versions: there.length });
    }
    done++;
    onProgress({ step: 'scorers', done });
  }
  return notes;
}
