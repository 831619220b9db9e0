import type { Json } from './compare-expected.ts';

/** The numbers of a column; anything that is not one becomes NaN. */
export function numbers(value: Json | undefined): Float64Array {
  return Float64Array.from(list(value), numberOrNaN);
}

/** A table of numbers, a row per entry. */
export function numberRows(value: Json | undefined): Float64Array[] {
  return list(value).map((row) => numbers(row));
}

/** Class labels: numbers, strings or booleans. */
export function labels(value: Json | undefined): (string | number | boolean)[] {
  return list(value).map((entry) => (entry === null || typeof entry === 'object' ? Number.NaN : entry));
}

export function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

export function record(value: Json | undefined): { [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

export function numberOrNaN(value: Json | undefined): number {
  return typeof value === 'number' ? value : Number.NaN;
}

/** The spread-in form of an optional number. */
export function optionalNumber<K extends string>(key: K, value: Json | undefined): { [key in K]?: number } {
  return typeof value === 'number' ? ({ [key]: value } as { [key in K]?: number }) : {};
}
