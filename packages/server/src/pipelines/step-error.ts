import { EsteiraError, esteiraError } from '../kernel/errors.ts';
import type { StepError } from './pipeline-run.ts';

/** What is kept of an error: the words of the error table. What is not of the table stays in the log. */
export function describeError(error: unknown): StepError {
  const { code, what, why, todo } =
    error instanceof EsteiraError ? error : esteiraError('INTERNAL', {}, error);
  return { code, what, why, todo };
}

/** Whether another attempt could end otherwise: what the caller did wrong stays wrong. */
export function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof EsteiraError) || error.status >= 500;
}
