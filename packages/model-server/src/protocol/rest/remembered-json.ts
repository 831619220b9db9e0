// Without their numbers requests are much alike. Whoever sends long or many texts makes the others be forgotten, no more.
const remembered = 256;
const longestRemembered = 512;
const parsed = new Map<string, unknown>();

/** What `parse` makes of the text, or made of it before. Nobody may change it: others are given the same. */
export function parseRemembered(text: string, parse: (text: string) => unknown): unknown {
  const before = parsed.get(text);
  if (before !== undefined) return before;
  const document = parse(text);
  if (text.length <= longestRemembered) {
    if (parsed.size >= remembered) parsed.clear();
    parsed.set(text, document);
  }
  return document;
}
