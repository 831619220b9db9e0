/** A piece of a filter or an order. `quoted` is a name in backticks or double quotes, or a text in double quotes. */
export interface FilterToken {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'sign';
  readonly text: string;
}

const pattern =
  /\s+|'((?:[^']|'')*)'|"([^"]*)"|`([^`]*)`|(?<![\p{L}\p{N}_])([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(?![\w.])|(!=|<=|>=|=|<|>|\(|\)|,|\.)|([\p{L}\p{N}_/:-]+)/giuy;

/** Cuts a filter into pieces. Returns the text that is not understood instead, from where it begins. */
export function readFilterTokens(text: string): readonly FilterToken[] | { readonly unknown: string } {
  const tokens: FilterToken[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) return { unknown: text.slice(start, start + 20) };
    const [, literal, doubleQuoted, backQuoted, number, sign, word] = match;
    const quoted = doubleQuoted ?? backQuoted;
    if (literal !== undefined) tokens.push({ kind: 'text', text: literal.replaceAll("''", "'") });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
  }
  return tokens;
}
