import type { JsonValue } from '@esteira/contracts';

/**
 * Says a JSON value in one line: `rows 120 · columns [a, b]`. Nested objects stand in braces. `textOf` says how texts are
 * written, as they are unless given.
 */
export function describeJson(value: JsonValue, textOf: (text: string) => string = (text) => text): string {
  if (value === null || value === '') return '–';
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  if (typeof value === 'string') return textOf(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map((part) => describeJson(part, textOf)).join(', ')}]`;
  const parts = Object.entries(value).map(([name, part]) => `${name} ${describeNested(part, textOf)}`);
  return parts.length === 0 ? '–' : parts.join(' · ');
}

function describeNested(value: JsonValue, textOf: (text: string) => string): string {
  const text = describeJson(value, textOf);
  const isObject = typeof value === 'object' && value !== null && !isList(value);
  return isObject && text !== '–' ? `{${text}}` : text;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
