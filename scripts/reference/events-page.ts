import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { code, markdownTable, pageHead } from './markdown.ts';

/** The types of events with their payloads. They exist as types alone, so the source text is read. */
export function eventsPage(root: string): string {
  const text = readFileSync(join(root, 'packages/contracts/src/events.ts'), 'utf8');
  const rows = [...text.matchAll(/^ {2}'([a-z][a-z.-]+)': \{([^}]*)\};$/gm)].map(
    ([, type = '', fields = '']) => [
      code(type),
      fields
        .split(';')
        .map((field) => field.trim())
        .filter(Boolean)
        .map(code)
        .join(', '),
    ],
  );
  if (rows.length === 0) throw new Error('no event types were found in packages/contracts/src/events.ts');
  const introduction =
    'News that rooms tell upward. An event is inserted in the transaction of the change it reports and delivered after the commit, at least once, in order for each listener. Source: `packages/contracts/src/events.ts`.';
  return `${pageHead('Events', introduction)}\n${markdownTable(['type', 'payload'], rows)}`;
}
