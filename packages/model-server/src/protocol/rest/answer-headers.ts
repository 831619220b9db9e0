import type { InferAnswer } from '../infer-request.ts';

/**
 * What an answer says of itself on wires whose bodies have no place for it: the base of its prediction ids (row _i_ is
 * `<id>-<i>`), the version that answered, and whether a fallback did.
 */
export function answerHeaders(answer: InferAnswer): Readonly<Record<string, string>> {
  const { prediction_id: id, fallback } = answer.parameters;
  return {
    ...(typeof id === 'string' ? { 'x-prediction-id': id } : {}),
    ...(answer.version === undefined ? {} : { 'x-model-version': answer.version }),
    ...(fallback === true ? { 'x-fallback': 'true' } : {}),
  };
}
