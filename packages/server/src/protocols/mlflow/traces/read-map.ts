import type { Fields } from '../fields.ts';

/** A map of texts by texts in a field; empty when absent. */
export function readMap(fields: Fields, name: string): Readonly<Record<string, string>> {
  const value = fields.raw(name);
  if (value === undefined) return {};
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap || !Object.values(value).every((entry) => typeof entry === 'string'))
    throw fields.refuse(name, 'Value is not a map of texts');
  return value as Record<string, string>;
}

/** A list of keys and values in a field, as the second version of the protocol has maps. */
export function readEntries(fields: Fields, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    fields.messages(name).map((entry) => [entry.text('key'), entry.optionalText('value') ?? '']),
  );
}
