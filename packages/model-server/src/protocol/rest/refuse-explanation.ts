import { inferenceError } from '../../inference-error.ts';
import type { ModelCall } from './wire.ts';

/** Explanations of single answers are not computed here, on no wire. Throws EXPLANATIONS_NOT_SERVED. */
export function refuseExplanation({ endpoint }: Pick<ModelCall, 'endpoint'>): never {
  throw inferenceError('EXPLANATIONS_NOT_SERVED', { model: endpoint.document.name });
}
