import type { ServableVersion } from '@esteira/contracts';
import type { ModelAnswer } from '../data-plane/model-client.ts';

/** Two float32 evaluators that add in another order differ in the sixth digit. */
const tolerance = 1e-4;

/** What is wrong with a version's answer to a stored example; undefined when it is the one that is expected. */
export function compareAnswer(
  answer: ModelAnswer,
  expected: number,
  version: Pick<ServableVersion, 'version'>,
): string | undefined {
  if (answer.status !== 200) return `status ${answer.status}: ${answer.error}`;
  if (answer.fallback) return 'the fallback answered';
  if (answer.version !== String(version.version)) return `version ${answer.version} answered`;
  if (answer.score === undefined) return 'the answer has no score';
  const difference = Math.abs(answer.score - expected);
  return difference <= tolerance * Math.max(1, Math.abs(expected)) ? undefined : `off by ${difference}`;
}
