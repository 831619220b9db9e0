import type { Column } from './column.ts';

const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Milliseconds since 1970 of an ISO 8601 text (UTC unless it names an offset); undefined when it is none. */
export function parseTime(text: string): number | undefined {
  const parts = isoTime.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', offset = 'Z'] = parts;
  const zone = /^[+-]\d{4}$/.test(offset) ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset;
  const time = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}${zone}`,
  );
  return Number.isNaN(time) ? undefined : time;
}

/** SQL of an instant, of a type that compares with the column without a detour through the session's time zone. */
export function timeLiteral(column: Column, milliseconds: number): string {
  const instant = `make_timestamp(${milliseconds * 1000})`;
  return column.type === 'TIMESTAMP WITH TIME ZONE' ? `timezone('UTC', ${instant})` : instant;
}
