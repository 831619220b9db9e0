import { readFileSync } from 'node:fs';

/** The release of the product, as its package says. */
export function readRelease(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
