import { esteiraError } from '../kernel/errors.ts';
import type { EndpointUse } from './label-guards.ts';

/** A version that an endpoint answers with or holds ready is not deleted. Throws MODEL_IN_USE. */
export function assertVersionFree(
  version: { id: string; model: string; version: number },
  uses: readonly EndpointUse[],
): void {
  const use = uses.find(({ needed }) => needed.includes(version.id));
  if (use !== undefined) {
    throw esteiraError('MODEL_IN_USE', {
      subject: `Version ${version.version} of the model ${version.model}`,
      action: 'deleted',
      endpoint: use.endpoint,
    });
  }
}

/** Endpoints know their model by its name. Throws MODEL_IN_USE. */
export function assertModelFree(
  model: string,
  uses: readonly EndpointUse[],
  action: 'deleted' | 'renamed',
): void {
  const [use] = uses;
  if (use !== undefined)
    throw esteiraError('MODEL_IN_USE', { subject: `The model ${model}`, action, endpoint: use.endpoint });
}
