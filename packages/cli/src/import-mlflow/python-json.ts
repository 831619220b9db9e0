/** A value of JSON in which whole numbers, of any size, are told from others, as Python tells them. */
export type PythonValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | readonly PythonValue[]
  | { readonly [name: string]: PythonValue };

/** Reads JSON that Python's `json` wrote. Throws SyntaxError. */
export function readPythonJson(text: string): PythonValue {
  return parsed(text, (_key, value, context) =>
    typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? 0) : value,
  );
}

/** Reads the same with whole numbers as numbers. Throws SyntaxError. */
export function readPlainJson(text: string): unknown {
  return parsed(text);
}

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

function parsed(text: string, reviver?: Reviver): PythonValue {
  try {
    return JSON.parse(text, reviver) as PythonValue;
  } catch (error) {
    const quoted = withQuotedWords(text);
    if (quoted === text) throw error;
    return JSON.parse(quoted, reviver) as PythonValue;
  }
}

/** Python writes numbers that are none as words, which no other parser takes. */
function withQuotedWords(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );
}
