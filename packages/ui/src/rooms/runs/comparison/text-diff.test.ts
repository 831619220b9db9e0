import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { type DiffLine, diffLines, nearDifferences } from './text-diff.ts';

const textOf = (lines: readonly DiffLine[], other: DiffLine['kind']) =>
  lines.filter(({ kind }) => kind !== other).map(({ text }) => text);

it('what is not added is the first text, what is not removed the second', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 30 });
  fc.assert(
    fc.property(lines, lines, (left, right) => {
      const diff = diffLines(
        left.map((line) => `${line}\n`).join(''),
        right.map((line) => `${line}\n`).join(''),
      );
      assert.deepEqual(textOf(diff, 'added'), left);
      assert.deepEqual(textOf(diff, 'removed'), right);
    }),
  );
});

it('as few lines as possible are changed, and those near a change are shown', () => {
  const left = Array.from({ length: 20 }, (_, line) => `line ${line}`);
  const right = left.toSpliced(10, 1, 'another', 'one more');
  const diff = diffLines(left.join('\n'), right.join('\n'));
  assert.equal(diff.filter(({ kind }) => kind !== 'same').length, 3);
  assert.deepEqual(
    nearDifferences(diff, 1).map(({ line }) => line?.text ?? null),
    [null, 'line 9', 'line 10', 'another', 'one more', 'line 11', null],
  );
});

it('texts without a line in common stand one after the other', () => {
  const block = (word: string) => Array.from({ length: 800 }, (_, line) => `${word} ${line}`).join('\n');
  const diff = diffLines(block('a'), block('b'));
  assert.deepEqual([diff.length, diff[0]?.kind, diff.at(-1)?.kind], [1_600, 'removed', 'added']);
});
