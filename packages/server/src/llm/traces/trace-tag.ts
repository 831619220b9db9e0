import { storableText } from './span-body.ts';

const longestName = 250;
const longestValue = 8000;

/**
 * A tag as it may be stored: its name has letters, digits, `_ / - . : ` and spaces and stays inside its place as a path, its
 * value is cut to 8,000 characters. Undefined for names that are refused.
 */
export function traceTag(name: string, value: string): { name: string; value: string } | undefined {
  if (name.length > longestName || !isTagName(name)) return undefined;
  return { name, value: storableText(value).slice(0, longestValue) };
}

export function isTagName(name: string): boolean {
  if (!/^[\p{L}\p{N}_/\-. :]+$/u.test(name)) return false;
  return (
    !name.startsWith('..') && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
