import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { errorTable } from '@esteira/contracts';

const root = resolve(import.meta.dirname, '..');

/** Where an entry of the table is used: `esteiraError('CODE', { … })` or `inferenceError('CODE', { … })`. */
const usage = /\b(?:esteiraError|inferenceError)\(\s*'([A-Z0-9_]+)'\s*(,?)\s*/g;

test('whoever throws an error of the table fills every placeholder of its texts', () => {
  const unfilled: string[] = [];
  for (const path of globSync('packages/{server,model-server}/src/**/*.ts', { cwd: root })) {
    const text = readFileSync(join(root, path), 'utf8');
    for (const match of text.matchAll(usage)) {
      const [call, code = '', comma = ''] = match;
      const needed = placeholdersOf(code);
      const details = comma === '' ? [] : literalKeys(text.slice((match.index ?? 0) + call.length));
      // Details that are built elsewhere cannot be judged here.
      if (details === undefined) continue;
      const missing = needed.filter((name) => !details.includes(name));
      if (missing.length > 0) unfilled.push(`${path}: ${code} lacks ${missing.join(', ')}`);
    }
  }
  assert.deepEqual(unfilled, []);
});

function placeholdersOf(code: string): string[] {
  const entry = Object.entries(errorTable).find(([name]) => name === code)?.[1];
  if (!entry) return [];
  const text = `${entry.what} ${entry.why} ${entry.todo}`;
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''))];
}

/** Keys of the object literal that the text begins with; undefined when it is none, or spreads another. */
function literalKeys(text: string): string[] | undefined {
  if (!text.startsWith('{')) return undefined;
  const keys: string[] = [];
  let depth = 0;
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? '';
    if (depth === 1 && expectsKey) {
      const key = /^\s*(\.\.\.|\w+)/.exec(text.slice(at));
      if (key?.[1] === '...') return undefined;
      if (key?.[1]) {
        keys.push(key[1]);
        at += key[0].length - 1;
        expectsKey = false;
        continue;
      }
    }
    if (letter === "'" || letter === '`' || letter === '"') at = endOfText(text, at);
    else if ('{(['.includes(letter)) {
      depth++;
      if (depth === 1) expectsKey = true;
    } else if ('})]'.includes(letter)) {
      depth--;
      if (depth === 0) return keys;
    } else if (letter === ',' && depth === 1) expectsKey = true;
  }
  return undefined;
}

/** Index of the quote that closes the one at `from`. */
function endOfText(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== text[from]) at += text[at] === '\\' ? 2 : 1;
  return at;
}
