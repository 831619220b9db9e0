import { inferenceError, invalidRequest } from '../inference-error.ts';
import type { ServedEndpoints } from '../sync/apply-snapshot.ts';
import type { Admission } from './access.ts';
import { servedVersions } from './metadata.ts';
import { openEndpoint } from './open-endpoint.ts';

/** A version in the index; without one where a rule answers. */
interface IndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state: 'READY' | 'UNAVAILABLE';
  readonly reason: string;
}

/** What a key opens, as the repository's index lists it. */
export function repositoryIndex(
  endpoints: ServedEndpoints,
  admission: Admission,
  onlyReady: boolean,
): readonly IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (const endpoint of endpoints.all()) {
    const { name } = endpoint.document;
    const ready = endpoint.arms.length > 0;
    if (!admission.opens(name) || (onlyReady && !ready)) continue;
    const about = { name, state: ready ? 'READY' : 'UNAVAILABLE', reason: '' } as const;
    const versions = servedVersions(endpoint);
    if (versions.length === 0) entries.push(about);
    for (const version of versions) entries.push({ ...about, version });
  }
  return entries;
}

/**
 * Confirms that a model is deployed; what is deployed is decided by the control plane. Throws INVALID_INFERENCE_REQUEST for a
 * parameter that would replace it, SERVED_MODEL_NOT_FOUND, MODEL_NOT_READY.
 */
export function confirmLoaded(
  endpoints: ServedEndpoints,
  admission: Admission,
  model: string,
  parameters: readonly string[],
): void {
  const refused = parameters.find((name) => name === 'config' || name.startsWith('file:'));
  if (refused !== undefined)
    throw invalidRequest(
      `the parameter ${refused.slice(0, 60)} would replace what is deployed, and is refused`,
    );
  const endpoint = openEndpoint(endpoints, admission, model);
  if (endpoint.arms.length === 0) throw inferenceError('MODEL_NOT_READY', { model });
}

/** Nobody unloads what the control plane has deployed. Throws SERVED_MODEL_NOT_FOUND, MODEL_UNLOAD_REFUSED. */
export function refuseUnload(endpoints: ServedEndpoints, admission: Admission, model: string): never {
  openEndpoint(endpoints, admission, model);
  throw inferenceError('MODEL_UNLOAD_REFUSED', { model });
}
