import { esteiraError } from './errors.ts';

/** Levels of lists and objects in what is read from outside; what people and programs write has ten. */
const mostLevels = 200;

/**
 * Whether a value of JSON or YAML has more than `mostLevels` levels, or contains itself. Whatever reads a value level by level
 * (schemas, digests, `JSON.stringify`) would run out of stack on one that a stranger nested thousands deep.
 */
export function isNestedTooDeep(value: unknown): boolean {
  return exceeds(value, mostLevels);
}

/** The refusal of a request whose body is nested too deep. */
export function nestedTooDeep(): Error {
  return esteiraError('INVALID_REQUEST', {
    problem: `the body is nested more than ${mostLevels} levels deep`,
  });
}

function exceeds(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (exceeds(item, levels - 1)) return true;
    return false;
  }
  for (const key in value) if (exceeds((value as Record<string, unknown>)[key], levels - 1)) return true;
  return false;
}
