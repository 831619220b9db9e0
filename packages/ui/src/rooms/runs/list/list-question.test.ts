import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunListQuestion } from '@esteira/contracts';
import { moveColumn, nextOrder, pinnedFirst, questionWords, readQuestion } from './list-question.ts';

function addressOf(words: Readonly<Record<string, string | readonly string[]>>) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(words))
    for (const word of typeof value === 'string' ? [value] : value) if (word) search.append(name, word);
  return { word: (name: string) => search.get(name) ?? '', words: (name: string) => search.getAll(name) };
}

test('a question that is written into the address is read out of it unchanged', () => {
  const questions: RunListQuestion[] = [
    {},
    { experiment: 'a b', status: 'failed', filter: "name = 'x|y'", order: 'metrics.auc desc' },
    {
      group: 'params.`a|b`',
      columns: [
        { field: 'name', pinned: true },
        { field: 'params.`a|b`', width: 120, pinned: true },
        { field: 'metrics.x|y', width: 60 },
        { field: 'status' },
      ],
    },
  ];
  for (const question of questions)
    assert.deepEqual(readQuestion(addressOf(questionWords(question))), question);
});

test('a status that there is not is not asked', () => {
  assert.deepEqual(readQuestion(addressOf({ status: 'lost' })), {});
});

test('a column moves before or behind the one it is dropped on, and is pinned where that is', () => {
  const columns = [{ field: 'a', pinned: true }, { field: 'b' }, { field: 'c' }];
  const fields = (moved: string, before: string) =>
    moveColumn(columns, moved, before).map(({ field, pinned }) => field + (pinned ? '!' : ''));
  assert.deepEqual(fields('c', 'b'), ['a!', 'c', 'b']);
  assert.deepEqual(fields('b', 'c'), ['a!', 'c', 'b']);
  assert.deepEqual(fields('c', 'a'), ['c!', 'a!', 'b']);
  assert.deepEqual(fields('a', 'c'), ['b', 'c', 'a']);
  assert.deepEqual(fields('a', 'nowhere'), ['a!', 'b', 'c']);
  assert.deepEqual(
    pinnedFirst([{ field: 'x' }, { field: 'y', pinned: true }]).map(({ field }) => field),
    ['y', 'x'],
  );
});

test('a click orders by the greatest, then the least, then as before', () => {
  const [first, second, third] = ['', 'name desc', 'name asc'].map((order) => nextOrder(order, 'name'));
  assert.deepEqual([first, second, third], ['name desc', 'name asc', '']);
});
