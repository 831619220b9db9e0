import { type EsteiraError, esteiraError } from '../../kernel/errors.ts';

/** Why a model cannot be written as a graph. */
export function notConvertible(problem: string): EsteiraError {
  return esteiraError('MODEL_NOT_CONVERTIBLE', { problem });
}

/** What a converter or a runtime says, as much of it as an error tells. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
}
