import type { JsonValue } from '@esteira/contracts';

/** Says a JSON value in one line: `rows 120 · columns [a, b]`. Nested objects stand in braces. */
export function describeJson(value: JsonValue): string {
  if (value === null || value === '') return '–';
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(describeJson).join(', ')}]`;
  const parts = Object.entries(value).map(([name, part]) => `${name} ${describeNested(part)}`);
  return parts.length === 0 ? '–' : parts.join(' · ');
}

function describeNested(value: JsonValue): string {
  const text = describeJson(value);
  const isObject = typeof value === 'object' && value !== null && !isList(value);
  return isObject && text !== '–' ? `{${text}}` : text;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
