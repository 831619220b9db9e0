import type { ModelSignature, RequestPolicies } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';

/** Holds request policies against the features of the model that is served. Throws REQUEST_POLICY_UNFIT. */
export function checkPolicies(endpoint: string, policies: RequestPolicies, signature: ModelSignature): void {
  for (const [name, policy] of Object.entries(policies)) {
    const feature = signature.features.find((candidate) => candidate.name === name);
    const problem =
      feature === undefined ? `the model has no feature ${name}` : unfit(name, feature.type, policy);
    if (problem !== undefined) throw esteiraError('REQUEST_POLICY_UNFIT', { endpoint, problem });
  }
}

type Policy = RequestPolicies[string];

function unfit(name: string, type: ModelSignature['features'][number]['type'], policy: Policy) {
  return type === 'text' ? unfitText(name, policy) : unfitNumber(name, policy);
}

function unfitText(name: string, { minimum, maximum, whole, categories, value }: Policy): string | undefined {
  if (minimum !== undefined || maximum !== undefined || whole === true)
    return `${name} holds text, which has no range`;
  if ([...(categories ?? []), ...(value === undefined ? [] : [value])].some((one) => typeof one !== 'string'))
    return `${name} holds text; its categories and value are texts`;
  return undefined;
}

function unfitNumber(name: string, { categories, value }: Policy): string | undefined {
  return [...(categories ?? []), ...(value === undefined ? [] : [value])].some(
    (one) => typeof one !== 'number',
  )
    ? `${name} holds numbers; its categories and value are numbers`
    : undefined;
}
