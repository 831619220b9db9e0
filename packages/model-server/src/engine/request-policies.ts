import type { FeaturePolicy, ModelSignature, RequestPolicies } from '@esteira/contracts';
import { invalidRequest } from '../inference-error.ts';
import { numberAt, rowWidth, setElement, type Tensor } from '../protocol/tensor.ts';

/** What policies did to a row: `clamp` or `impute` by feature. */
export type HandledRow = Readonly<Record<string, 'clamp' | 'impute'>>;

/**
 * Holds the values of a request against the policies of its endpoint. Tensors that have to change are replaced by copies in
 * `feeds`; what was done comes back by row, undefined when nothing was. Throws INVALID_INFERENCE_REQUEST naming the feature,
 * the row and what is asked of it.
 */
export function applyPolicies(
  feeds: Map<string, Tensor>,
  signature: ModelSignature,
  policies: RequestPolicies,
  rows: number,
): ReadonlyMap<number, HandledRow> | undefined {
  let handled: Map<number, Record<string, 'clamp' | 'impute'>> | undefined;
  const copied = new Set<string>();
  for (const feature of signature.features) {
    const policy = policies[feature.name];
    const given = feeds.get(feature.input);
    if (policy === undefined || given === undefined) continue;
    let tensor = given;
    const width = rowWidth(tensor);
    for (let row = 0; row < rows; row++) {
      const at = row * width + feature.index;
      const value = tensor.datatype === 'BYTES' ? (tensor.data[at] ?? '') : numberAt(tensor, at);
      const problem = problemOf(value, policy);
      if (problem === undefined) continue;
      if (policy.policy === 'reject')
        throw invalidRequest(`the feature ${feature.name} ${problem} in row ${row}`);
      const better = policy.policy === 'impute' ? policy.value : nearest(value, policy);
      if (better === undefined) throw invalidRequest(`the feature ${feature.name} ${problem} in row ${row}`);
      if (!copied.has(feature.input)) {
        tensor = copyOf(tensor);
        feeds.set(feature.input, tensor);
        copied.add(feature.input);
      }
      setElement(tensor, at, better);
      handled ??= new Map();
      const known = handled.get(row) ?? {};
      handled.set(row, known);
      known[feature.name] = policy.policy;
    }
  }
  return handled;
}

/** What a value is that it must not be; undefined when it fits. A missing value is asked about by `required` alone. */
function problemOf(value: number | string, policy: FeaturePolicy): string | undefined {
  if (typeof value === 'string' ? value === '' : Number.isNaN(value))
    return policy.required === true ? 'is missing' : undefined;
  if (policy.categories !== undefined && !categoriesOf(policy).has(value)) return 'has no known category';
  if (typeof value === 'string') return undefined;
  if (policy.minimum !== undefined && value < policy.minimum) return `is below ${policy.minimum}`;
  if (policy.maximum !== undefined && value > policy.maximum) return `is above ${policy.maximum}`;
  if (policy.whole === true && !Number.isInteger(value)) return 'is no whole number';
  return undefined;
}

/** The nearest number that fits; undefined for what has none. */
function nearest(value: number | string, { minimum, maximum, whole }: FeaturePolicy): number | undefined {
  if (typeof value !== 'number' || Number.isNaN(value)) return undefined;
  const within = Math.min(maximum ?? value, Math.max(minimum ?? value, value));
  if (whole !== true || Number.isInteger(within)) return within;
  const rounded = Math.round(within);
  if (maximum !== undefined && rounded > maximum) return Math.floor(maximum);
  return minimum !== undefined && rounded < minimum ? Math.ceil(minimum) : rounded;
}

const categories = new WeakMap<FeaturePolicy, ReadonlySet<number | string>>();

function categoriesOf(policy: FeaturePolicy): ReadonlySet<number | string> {
  const known = categories.get(policy) ?? new Set(policy.categories);
  categories.set(policy, known);
  return known;
}

/** The text of the request says no longer what the tensor holds. */
function copyOf(tensor: Tensor): Tensor {
  const { rowsAsJson: _, ...rest } = tensor;
  return { ...rest, data: tensor.data.slice() } as Tensor;
}
