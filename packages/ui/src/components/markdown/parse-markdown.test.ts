import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type MarkdownSpan, parseMarkdown, parseSpans } from './parse-markdown.ts';

test('headings, paragraphs, lists, quotes, code, tables and rules are told apart', () => {
  const text = `# Title
First line
second line

- one
  goes on
- two
1. first
> said
> so

\`\`\`python
x = "<b>"
\`\`\`
| a | b |
|---|:-:|
| 1 | 2 |

---`;
  assert.deepEqual(parseMarkdown(text), [
    { kind: 'heading', level: 1, text: 'Title' },
    { kind: 'paragraph', text: 'First line\nsecond line' },
    { kind: 'list', ordered: false, items: ['one\ngoes on', 'two'] },
    { kind: 'list', ordered: true, items: ['first'] },
    { kind: 'quote', text: 'said\nso' },
    { kind: 'code', text: 'x = "<b>"' },
    { kind: 'table', head: ['a', 'b'], rows: [['1', '2']] },
    { kind: 'rule' },
  ]);
});

test('words are strong, emphasised, struck, code and links', () => {
  assert.deepEqual(parseSpans('a **b _c_** `d*e*` ~~f~~ [g](https://h.io/i)'), [
    { kind: 'text', text: 'a ' },
    {
      kind: 'strong',
      spans: [
        { kind: 'text', text: 'b ' },
        { kind: 'emphasis', spans: [{ kind: 'text', text: 'c' }] },
      ],
    },
    { kind: 'text', text: ' ' },
    { kind: 'code', text: 'd*e*' },
    { kind: 'text', text: ' ' },
    { kind: 'struck', spans: [{ kind: 'text', text: 'f' }] },
    { kind: 'text', text: ' ' },
    { kind: 'link', to: 'https://h.io/i', spans: [{ kind: 'text', text: 'g' }] },
  ]);
  assert.deepEqual(parseSpans('snake_case_name'), [{ kind: 'text', text: 'snake_case_name' }]);
});

for (const address of [
  'javascript:alert(1)',
  'data:text/html,x',
  'JaVaScRiPt:x',
  '//evil.example',
  'vbscript:x',
])
  test(`no link leads to ${address}`, () => {
    const text = `[x](${address})`;
    assert.ok(parseSpans(text).every(({ kind }) => kind === 'text'));
  });

test('whatever is written is shown, and ends', () => {
  const textOf = (spans: readonly MarkdownSpan[]): string =>
    spans.map((span) => ('text' in span ? span.text : textOf(span.spans))).join('');
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab *_`~[]()#>-|1.\n<&'), maxLength: 60 }), (text) => {
      parseMarkdown(text);
      const letters = (words: string) => words.replace(/[^ab]/g, '');
      assert.equal(letters(textOf(parseSpans(text))), letters(text));
    }),
  );
});
