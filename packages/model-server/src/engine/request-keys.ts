import { invalidRequest } from '../inference-error.ts';

/** What a request says about its rows beside their features. */
export interface RequestKeys {
  /** The entity of a row: decides its arm, and finds its predictions again. */
  readonly entityKey: (row: number) => string | null;
  /** When the row's event happened (ms), where it is not now. */
  readonly eventTime: (row: number) => number | null;
  /** Each row has an entity of its own. */
  readonly perRow: boolean;
}

/** Reads `parameters.entity_key` and `parameters.event_time`: one value for all rows, or one per row. */
export function readRequestKeys(parameters: Readonly<Record<string, unknown>>, rows: number): RequestKeys {
  const entityKey = readEach('entity_key', parameters.entity_key, rows, toKey);
  const eventTime = readEach('event_time', parameters.event_time, rows, toTime);
  return { entityKey, eventTime, perRow: Array.isArray(parameters.entity_key) };
}

const none = (): null => null;

function readEach<T>(
  name: string,
  value: unknown,
  rows: number,
  convert: (name: string, value: unknown) => T | null,
): (row: number) => T | null {
  if (value === undefined) return none;
  if (!Array.isArray(value)) {
    const one = convert(name, value);
    return () => one;
  }
  if (value.length !== rows) throw invalidRequest(`${name} has ${value.length} elements for ${rows} rows`);
  const each = value.map((element: unknown) => convert(name, element));
  return (row) => each[row] ?? null;
}

function toKey(name: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
    throw invalidRequest(`${name} is neither a text nor a number`);
  }
  const key = String(value);
  if (key.length > 256) throw invalidRequest(`${name} is longer than 256 characters`);
  return key;
}

function toTime(name: string, value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw invalidRequest(`${name} is not a time in milliseconds`);
  return Math.trunc(value);
}
