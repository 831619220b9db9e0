import { answersEqually, type ResponseCache, type ServableVersion } from '@esteira/contracts';

/** Whether a cache keeps the answers of a version: of one known to answer equal questions equally, or of any by the owner's word. */
export function keepsAnswers(
  { deterministic }: ResponseCache,
  { signature }: Pick<ServableVersion, 'signature'>,
): boolean {
  return deterministic === true || answersEqually(signature);
}
