import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ImportedSeries } from '@esteira/contracts';
import { pointsInParts } from './points-in-parts.ts';

function seriesOf(name: string, count: number, latest?: number): ImportedSeries {
  const points = Array.from({ length: count }, (_, step): [number, number, number] => [
    step,
    1_000 + step,
    step,
  ]);
  return { runId: 'r', name, points, ...(latest === undefined ? {} : { latest: [latest, 1, 0] }) };
}

it('many points go in several parts, none twice and in their order', () => {
  const sent = [seriesOf('empty', 0), seriesOf('long', 12_000, 7), seriesOf('short', 1, 0)];
  const parts = [...pointsInParts(sent)];
  assert.deepEqual(
    parts.map((part) => part.map(({ name, points }) => [name, points.length])),
    [
      [['empty', 0]],
      [['long', 5_000]],
      [['long', 5_000]],
      [
        ['long', 2_000],
        ['short', 1],
      ],
    ],
  );
  const long = parts.flat().filter(({ name }) => name === 'long');
  assert.deepEqual(
    long.flatMap(({ points }) => points),
    sent[1]?.points,
  );
  assert.deepEqual(
    parts.flat().flatMap(({ latest }) => (latest === undefined ? [] : [latest[0]])),
    [7, 0],
  );
});

it('many short series go in several parts, few in one', () => {
  const short = Array.from({ length: 1_000 }, (_, index) => seriesOf(`m${index}`, 1));
  assert.equal([...pointsInParts(short)].length, 6);
  assert.equal([...pointsInParts(short.slice(0, 100))].length, 1);
  assert.deepEqual([...pointsInParts([])], []);
});
