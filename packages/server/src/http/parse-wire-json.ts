/** A string, closed or not, or a number that JSON has no word for. Never tries a place twice. */
const stringOrNumber = /"(?:[^"\\]|\\[\s\S]?)*"?|-?Infinity\b|NaN\b/g;

/**
 * JSON as the clients of other protocols write it: Python's `json.dumps` writes NaN and the infinities bare, which then come
 * as the texts `NaN`, `Infinity` and `-Infinity`, as proto3's JSON writes them. Throws SyntaxError for what is neither.
 */
export function parseWireJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(
      text.replace(stringOrNumber, (found) => (found.startsWith('"') ? found : `"${found}"`)),
    );
  }
}
