import type { JsonValue } from '@esteira/contracts';
import type { StepKind } from '../kernel/step-kind.ts';
import { asReference } from './cache-key.ts';

const maxParams = 200;

/** A step's inputs as it runs with them: with the defaults of what was left out, which are on record like what was given. */
export function completeInputs(kind: Pick<StepKind, 'with'>, inputs: JsonValue): JsonValue {
  const complete = kind.with.safeParse(inputs);
  return complete.success ? (JSON.parse(JSON.stringify(complete.data)) as JsonValue) : inputs;
}

/** The plain values of a step's inputs as parameters of its tracking run: `with.trainer`, `with.params.depth`. */
export function stepParams(inputs: JsonValue): Readonly<Record<string, string | number | boolean>> {
  const params: Record<string, string | number | boolean> = {};
  collect(inputs, 'with', (path, value) => {
    const name = path.replace(/[^\w.\- :]/g, '_');
    if (name.length > 250 || Object.keys(params).length >= maxParams) return;
    params[name] = typeof value === 'string' ? value.slice(0, 6000) : value;
  });
  return params;
}

/** The seeds among a step's inputs: every number named `seed` or `…Seed`. */
export function seedsOf(inputs: JsonValue): Readonly<Record<string, number>> {
  const seeds: Record<string, number> = {};
  collect(inputs, '', (path, value) => {
    if (typeof value === 'number' && /(^|\.)([A-Za-z0-9]*S|s)eed$/.test(path))
      seeds[path.replace(/^\./, '')] = value;
  });
  return seeds;
}

function collect(
  value: JsonValue,
  path: string,
  found: (path: string, value: string | number | boolean) => void,
): void {
  if (value === null || asReference(value) !== undefined) return;
  if (typeof value !== 'object') {
    found(path, value);
    return;
  }
  for (const [key, item] of Object.entries(value)) collect(item as JsonValue, `${path}.${key}`, found);
}
