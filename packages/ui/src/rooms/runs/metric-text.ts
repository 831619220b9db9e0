/** A metric's value in words; the special floats travel as strings. */
export function metricText(
  value: number | 'NaN' | 'Infinity' | '-Infinity' | null | undefined,
  format: (value: number) => string,
): string {
  if (value === undefined || value === null) return '–';
  return typeof value === 'number' ? format(value) : value.replace('Infinity', '∞');
}
