import type { ArtifactPlace, Artifacts } from '../../../tracking/index.ts';
import { checkArtifactPath } from '../../../tracking/index.ts';
import { invalidParameter, MlflowError } from '../mlflow-error.ts';

/** Of a whole path: what it lies below comes on top of a path of its own. */
const longestPath = 4096;

/**
 * Splits a path of the proxy, decoded once by the server: '' is the root, and a slash at the end is allowed. Throws
 * INVALID_PARAMETER_VALUE for a path that could lead out of where it is said to lead.
 */
function splitProxyPath(path: string): readonly string[] {
  const plain = path.replace(/\/$/, '');
  return plain === '' && path !== '/' ? [] : checkArtifactPath(plain, longestPath).split('/');
}

/** Whose file a path of the proxy is. Throws INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST. */
export async function placeOf(artifacts: Artifacts, workspace: string, path: string): Promise<ArtifactPlace> {
  const place = await artifacts.findPlace(workspace, splitProxyPath(path));
  if (place !== undefined) return place;
  throw new MlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `Nothing keeps artifacts at '${path.slice(0, 200)}': there is no such experiment, run, model or trace in this workspace.`,
  );
}

/** The same for a path that must name a file. */
export async function filePlaceOf(
  artifacts: Artifacts,
  workspace: string,
  path: string,
): Promise<ArtifactPlace> {
  if (path.endsWith('/')) throw invalidParameter(`The path '${path.slice(0, 200)}' is that of a folder.`);
  const place = await placeOf(artifacts, workspace, path);
  if (place.path === '') throw invalidParameter(`The path '${path.slice(0, 200)}' is that of a folder.`);
  return place;
}
