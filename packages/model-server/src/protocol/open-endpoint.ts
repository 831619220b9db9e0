import type { EndpointState } from '../engine/endpoint-state.ts';
import { inferenceError } from '../inference-error.ts';
import type { ServedEndpoints } from '../sync/apply-snapshot.ts';
import type { Admission } from './access.ts';

/**
 * The endpoint of a name, for whoever holds a key to it: whether one exists that the key does not open is not its business.
 * Throws SERVED_MODEL_NOT_FOUND, ENDPOINT_FROZEN.
 */
export function openEndpoint(
  endpoints: Pick<ServedEndpoints, 'find'>,
  admission: Admission,
  name: string,
): EndpointState {
  const endpoint = admission.opens(name) ? endpoints.find(name) : undefined;
  if (endpoint === undefined) throw inferenceError('SERVED_MODEL_NOT_FOUND', { model: name });
  const { frozen } = endpoint.document;
  if (frozen !== undefined && admission.purpose === 'user')
    throw inferenceError('ENDPOINT_FROZEN', { model: name, reason: frozen });
  return endpoint;
}
