import type { KeyPermission } from '@esteira/contracts';
import { inferenceError } from '../inference-error.ts';
import type { Admission } from './access.ts';

/** Throws INFERENCE_NOT_PERMITTED unless the key allows what is asked beside predictions. */
export function requirePermission(
  admission: Admission,
  { path, needs }: { readonly path: string; readonly needs?: KeyPermission },
): void {
  if (needs === undefined || admission.may(needs)) return;
  throw inferenceError('INFERENCE_NOT_PERMITTED', { path, permission: needs });
}
