import { type JsonValue, Reference, type StepCacheOptions } from '@esteira/contracts';
import { canonicalDigest } from '../governance/index.ts';
import type { StepKind } from '../kernel/step-kind.ts';

/** Everything a step's result depends on, by name; the values are canonical enough to be compared as texts. */
export type CacheParts = Readonly<Record<string, string>>;

export interface CacheKeyInput {
  readonly kind: StepKind;
  readonly project: string;
  /** The `with` block, parsed: references resolved, defaults filled in. */
  readonly with: Readonly<Record<string, JsonValue>>;
  readonly external: JsonValue;
  readonly environmentDigest: string;
  readonly options: StepCacheOptions;
}

/**
 * The parts of a step's cache key: kind and its version, environment, project, each input with references replaced by the
 * digests of what they point to, external state, names of the outputs, cache version. Paths, times and ids of what is
 * referenced are not among them.
 */
export function cacheParts(input: CacheKeyInput): CacheParts {
  const parts: Record<string, string> = {
    kind: input.kind.kind,
    'kind version': input.kind.version,
    environment: input.environmentDigest,
    project: input.project,
    external: short(input.external),
    outputs: [...(input.kind.outputs ?? [])].sort().join(','),
    'cache version': String(input.options.version ?? ''),
  };
  for (const [name, value] of Object.entries(input.with)) {
    if (input.options.ignoredInputs?.includes(name)) continue;
    parts[`with.${name}`] = short(withDigests(value));
  }
  return parts;
}

/** The key itself: SHA-256 of the parts in canonical form. */
export function cacheKey(parts: CacheParts): string {
  return canonicalDigest(parts);
}

/** Names of the parts in which two keys differ. */
export function changedParts(before: CacheParts, after: CacheParts): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort();
}

/** Every reference inside a value, with the path to it. */
export function referencesIn(
  value: JsonValue,
  path = '',
): readonly { readonly path: string; readonly reference: Reference }[] {
  const reference = asReference(value);
  if (reference !== undefined) return [{ path, reference }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    referencesIn(item as JsonValue, path === '' ? key : `${path}.${key}`),
  );
}

/** The value as a reference, when it is exactly that. */
export function asReference(value: JsonValue): Reference | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (Object.keys(value).length !== 3) return undefined;
  return Reference.safeParse(value).data;
}

function withDigests(value: JsonValue): JsonValue {
  const reference = asReference(value);
  if (reference !== undefined) return { reference: reference.type, digest: reference.digest };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => withDigests(item));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withDigests(item as JsonValue)]),
  );
}

// A part is stored with every step, so a long one is kept as its digest.
function short(value: JsonValue): string {
  const text = canonicalText(value);
  return text.length <= 200 ? text : canonicalDigest(value);
}

function canonicalText(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => canonicalText(item)).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalText(item as JsonValue)}`).join(',')}}`;
}
