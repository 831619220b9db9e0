import { canonicalText } from './canonical-text.ts';
import type { SourceExperiment, SourceScorerVersion } from './mlflow-source.ts';
import { scorerVersions } from './rest-scorers.ts';
import type { ThingsImport } from './things-import.ts';

/**
 * Moves scorers with all their versions and compares what they say. Those of deleted experiments stay: no server tells of them.
 * Returns what is worth knowing: which hold code, which is not taken.
 */
export async function importScorers(
  { source, target, tally, experiments, onProgress }: ThingsImport,
  found: readonly SourceExperiment[],
): Promise<readonly string[]> {
  const notes: string[] = [];
  let done = 0;
  const living = found.filter(({ key }) => experiments.get(key)?.deleted === false);
  const names = new Map(living.map(({ key, name }) => [key, name]));
  for await (const { experimentKey, versions } of source.scorers([...names.keys()])) {
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
    const wanted = new Set(taken.map(contentOf));
    tally.count('scorer', scorer, { versions: taken.length, content: taken.length });
    if (target !== undefined) {
      const there = await scorerVersions(target.rest, String(number), first.name);
      const equal = there.filter((version) => wanted.has(contentOf(version))).length;
      tally.found('scorer', scorer, { versions: there.length, content: equal });
    }
    done++;
    onProgress({ step: 'scorers', done });
  }
  return notes;
}

function contentOf({ version, definition, createdAt }: SourceScorerVersion): string {
  return canonicalText([version, JSON.parse(definition), createdAt]);
}
