import type { Fields } from '../fields.ts';

/** Keys with values, as parameters and tags come. Throws INVALID_PARAMETER_VALUE. */
export function readEntries(
  fields: Fields,
  name: string,
): readonly { readonly key: string; readonly value: string }[] {
  return fields.messages(name).map((entry) => ({
    key: entry.text('key'),
    value: entry.optionalText('value') ?? '',
  }));
}
