import { parseOrder, type RunField, runGrammar } from '@esteira/contracts';

const grammar = runGrammar((problem) => new Error(problem));

/** The field that a text names; nothing where it names none, as in an address that somebody typed. */
export function readRunField(text: string): RunField | undefined {
  try {
    return parseOrder(`${text} asc`, grammar).field;
  } catch {
    return undefined;
  }
}

/** Field and direction of an order; the newest first where there is none. */
export function readOrder(text: string): { readonly key: string; readonly direction: 'asc' | 'desc' } {
  const [, field = '', direction] = /^\s*(.*?)(?:\s+(asc|desc))?\s*$/is.exec(text) ?? [];
  if (field === '') return { key: 'startedAt', direction: 'desc' };
  return { key: field, direction: direction?.toLowerCase() === 'desc' ? 'desc' : 'asc' };
}
