import type { Fields } from '../fields.ts';

/** Milliseconds as the JSON of `google.protobuf.Timestamp`. */
export function timestampOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? '1970-01-01T00:00:00Z' : date.toISOString().replace('.000Z', 'Z');
}

/** Milliseconds as the JSON of `google.protobuf.Duration`. */
export function durationOf(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  const rest = Math.abs(milliseconds % 1000);
  const sign = milliseconds < 0 && seconds === 0 ? '-' : '';
  return rest === 0 ? `${seconds}s` : `${sign}${seconds}.${String(rest).padStart(3, '0')}s`;
}

/** A time in a field, as RFC 3339 with an offset; milliseconds since 1970. */
export function optionalTimestamp(fields: Fields, name: string): number | undefined {
  const text = fields.optionalText(name);
  if (text === undefined) return undefined;
  const [, date, fraction = '', offset] =
    /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const time =
    date === undefined ? Number.NaN : Date.parse(`${date}${fraction.slice(0, 4)}${offset}`.toUpperCase());
  if (Number.isNaN(time)) throw fields.refuse(name, 'Value is not a time as RFC 3339 has it');
  return time;
}

/** A duration in a field, as `1.5s`; whole milliseconds. */
export function optionalDuration(fields: Fields, name: string): number | undefined {
  const text = fields.optionalText(name);
  if (text === undefined) return undefined;
  const [, seconds] = /^(-?\d{1,12}(?:\.\d{1,9})?)s$/.exec(text) ?? [];
  if (seconds === undefined) throw fields.refuse(name, 'Value is not a duration like 1.5s');
  return Math.round(Number(seconds) * 1000);
}
