/** A value of a request as an error may show it: short, however large, deep or odd it is. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  // Escaped, so that no control character gets into a log.
  if (typeof value === 'string') return JSON.stringify(value.slice(0, shown)).slice(0, shown);
  return String(value).slice(0, shown);
}

const shown = 40;
