import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pagesById, pagesByKey, pagesByName } from './paging.ts';

test('pages one after the other hold every row once, in order, whatever the limit', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 7 }), (names, limit) => {
      const rows = names.sort().map((name) => ({ name }));
      const pages = pagesByName('things');
      const read = (cursor?: string) => {
        const { after } = pages.after(cursor);
        const from = after === undefined ? 0 : rows.findIndex((row) => row.name === after) + 1;
        return pages.of(rows.slice(from, from + limit + 1), limit, (row) => row.name);
      };
      const seen: string[] = [];
      let page = read();
      seen.push(...page.items);
      while (page.nextCursor !== undefined) {
        page = read(page.nextCursor);
        assert.ok(page.items.length > 0);
        seen.push(...page.items);
      }
      assert.deepEqual(
        seen,
        rows.map((row) => row.name),
      );
    }),
  );
});

test('a cursor is a place in its own list only', () => {
  const rows = [{ id: 'b' }, { id: 'a' }];
  const { nextCursor } = pagesById('runs').of(rows, 1);
  assert.deepEqual(pagesById('runs').before(nextCursor), { before: 'b' });
  assert.throws(() => pagesById('jobs').before(nextCursor), { code: 'INVALID_REQUEST' });
});

test('a key comes back as it was, and one of another shape is refused', () => {
  const keyOf = (row: { at: number; id: string }) => [row.at, row.id] as const;
  const pages = pagesByKey('things', ['number', 'string'], keyOf);
  const { nextCursor } = pages.of(
    [
      { at: 1.5, id: 'ü' },
      { at: 1, id: 'a' },
    ],
    1,
  );
  assert.deepEqual(pages.keyBehind(nextCursor), [1.5, 'ü']);
  assert.equal(pages.keyBehind(undefined), undefined);
  const turned = pagesByKey('things', ['string', 'number'], () => ['', 0]);
  assert.throws(() => turned.keyBehind(nextCursor), { code: 'INVALID_REQUEST' });
  assert.throws(() => pages.keyBehind('x'), { code: 'INVALID_REQUEST' });
});
