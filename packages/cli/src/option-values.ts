import type { JsonValue } from '@esteira/contracts';
import { InvalidArgumentError } from 'commander';

/** A whole number. */
export function parseInteger(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return Number(text);
}

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('a number is expected');
  return value;
}

/** Numbers separated by commas: `0.05,0.25,0.5`. */
export function parseNumbers(text: string): number[] {
  return text.split(',').map(parseNumber);
}

/** A moment in ms: ISO 8601 in UTC unless it names a zone (`2001-03-31`, `2001-03-31T18:00`), or ms since 1970. */
export function parseTime(text: string): number {
  if (/^\d{9,}$/.test(text)) return Number(text);
  const hasZone = /[zZ]$|[+-]\d\d:?\d\d$/.test(text);
  const iso = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?/.test(text);
  const value = iso
    ? Date.parse(text.includes(':') && !hasZone ? `${text.replace(' ', 'T')}Z` : text)
    : Number.NaN;
  if (Number.isNaN(value))
    throw new InvalidArgumentError('a date or time like 2001-03-31 or 2001-03-31T18:00Z is expected');
  return value;
}

/** A span of days: `90d`, `12w`, or a plain number of days. */
export function parseDays(text: string): number {
  const match = /^(\d+)(d|w|y)?$/.exec(text);
  if (!match) throw new InvalidArgumentError('a span like 90d or 12w is expected');
  const unit = { d: 1, w: 7, y: 365 }[match[2] ?? 'd'] ?? 1;
  return Number(match[1]) * unit;
}

/** Collects `name=value`; a value that is JSON is taken as such, anything else is text: `-p trials=5 -p from=2001-01-01`. */
export function collectAssignment(
  text: string,
  before: Readonly<Record<string, JsonValue>> | undefined,
): Record<string, JsonValue> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('name=value is expected');
  return { ...before, [text.slice(0, at)]: parseValue(text.slice(at + 1)) };
}

function parseValue(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
