/** A piece of a filter or an order. `quoted` is a name in backticks or double quotes, or a text in double quotes. */
export interface FilterToken {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'sign';
  readonly text: string;
  /** Its place in the filter, quotes included; `end` is behind its last character. */
  readonly start: number;
  readonly end: number;
}

const pattern =
  /\s+|'((?:[^']|'')*)'|"([^"]*)"|`([^`]*)`|(?<![\p{L}\p{N}_])([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(?![\w.])|(!=|<=|>=|=|<|>|\(|\)|,|\.)|([\p{L}\p{N}_/:-]+)/giuy;

/** The pieces of a filter. Where one is not understood, those before it, and the place at which it begins. */
export function readFilterTokens(text: string): {
  readonly tokens: readonly FilterToken[];
  readonly unknownAt?: number;
} {
  const tokens: FilterToken[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) return { tokens, unknownAt: start };
    const [, literal, doubleQuoted, backQuoted, number, sign, word] = match;
    const quoted = doubleQuoted ?? backQuoted;
    const place = { start, end: pattern.lastIndex };
    if (literal !== undefined) tokens.push({ kind: 'text', text: literal.replaceAll("''", "'"), ...place });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted, ...place });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, ...place });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, ...place });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, ...place });
  }
  return { tokens };
}
