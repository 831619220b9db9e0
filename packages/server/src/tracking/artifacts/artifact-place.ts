import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { RunTables } from '../run-store.ts';
import { type ArtifactOwner, type ArtifactPlace, locationScheme } from './artifact.ts';
import type { ArtifactOwners } from './artifact-owners.ts';

/** Folders of an experiment's location that hold the files of what is no run. */
const kindsOfFolders: Readonly<Record<string, 'logged-model' | 'trace'>> = {
  models: 'logged-model',
  traces: 'trace',
};

/**
 * Where a path below the root of all locations leads: below the location of an experiment `<run>/artifacts/…`,
 * `models/<model>/artifacts/…` and `traces/<trace>/artifacts/…` are those things' own, everything else is the experiment's;
 * outside of every experiment it is the workspace's. The names of the owners must be theirs: undefined when the path is that
 * of one which is not there, or lies in another experiment or workspace.
 */
export async function findPlace(
  reader: SqlReader,
  owners: ArtifactOwners,
  workspace: string,
  parts: readonly string[],
): Promise<ArtifactPlace | undefined> {
  const experiment = await findExperimentOver(reader, workspace, parts);
  if (experiment === undefined) {
    // Numbers are for experiments alone.
    if (/^\d+$/.test(parts[0] ?? '')) return undefined;
    return { owner: { kind: 'workspace', id: workspace }, path: parts.join('/') };
  }
  const below = parts.slice(experiment.depth);
  const named = ownerNamed(owners, below);
  if (named === undefined) return { owner: { kind: 'experiment', id: experiment.id }, path: below.join('/') };
  const found = await owners.find(reader, workspace, named.owner);
  return found?.experimentId === experiment.id ? named : undefined;
}

/** The experiment with the longest location that the path lies in, or with the number that it begins with. */
async function findExperimentOver(
  reader: SqlReader,
  workspace: string,
  parts: readonly string[],
): Promise<{ readonly id: string; readonly depth: number } | undefined> {
  const depths = new Map<string, number>();
  for (let depth = 1; depth <= Math.min(parts.length, deepestLocation); depth++) {
    const path = parts.slice(0, depth).join('/');
    for (const written of new Set([path, encodeURI(path)]))
      for (const location of [
        locationScheme + written,
        `${locationScheme}${written}/`,
        `${locationScheme}//${written}`,
      ])
        depths.set(location, depth);
  }
  const [first = ''] = parts;
  const number = /^\d{1,15}$/.test(first) ? Number(first) : -1;
  if (depths.size === 0) return undefined;
  const rows = await reader
    .query<RunTables>()
    .selectFrom('experiments')
    .select(['id', 'artifact_location'])
    .where('workspace', '=', workspace)
    .where((where) =>
      where.or([where('artifact_location', 'in', [...depths.keys()]), where('number', '=', number)]),
    )
    .execute();
  let deepest: { id: string; depth: number } | undefined;
  for (const { id, artifact_location: location } of rows) {
    // Its number leads to it too, when its location is elsewhere.
    const depth = depths.get(location) ?? 1;
    if (deepest === undefined || depth > deepest.depth) deepest = { id, depth };
  }
  return deepest;
}

const deepestLocation = 32;

function ownerNamed(owners: ArtifactOwners, below: readonly string[]): ArtifactPlace | undefined {
  const [first = '', second = '', third] = below;
  const kind = kindsOfFolders[first];
  if (kind !== undefined && third === 'artifacts' && owners.knows(kind))
    return placeOf({ kind, id: second }, below.slice(3));
  if (kind === undefined && second === 'artifacts')
    return placeOf({ kind: 'run', id: first }, below.slice(2));
  return undefined;
}

function placeOf(owner: ArtifactOwner, path: readonly string[]): ArtifactPlace {
  return { owner, path: path.join('/') };
}
