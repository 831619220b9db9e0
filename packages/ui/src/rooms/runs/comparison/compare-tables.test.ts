import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compareTables } from './compare-tables.ts';

it('tables are compared column by column, by the names in their first rows', () => {
  const left = 'id,score,city\n1,0.5,"São Paulo, SP"\n2,0.7,Rio\n';
  const right = 'id,city,score,extra\r\n1,"São Paulo, SP",0.5,x\r\n2,Rio,0.9,y\r\n3,"a ""b""",0.1,z';
  const { rows, columns } = compareTables(left, right);
  assert.deepEqual(rows, [2, 3]);
  assert.deepEqual(
    columns.map(({ name, in: where, differing }) => [name, where, differing]),
    [
      ['id', 'both', 1],
      ['score', 'both', 2],
      ['city', 'both', 1],
      ['extra', 'right', 3],
    ],
  );
  const [id, , city] = columns;
  assert.deepEqual(
    [id?.means, city?.means],
    [
      [1.5, 2],
      [undefined, undefined],
    ],
  );
});

it('equal tables differ in nothing, and an empty text is a table without columns', () => {
  assert.deepEqual(
    compareTables('a,b\n1,2\n', 'a,b\n1,2\n').columns.map(({ differing }) => differing),
    [0, 0],
  );
  assert.deepEqual(compareTables('', ''), { rows: [0, 0], columns: [] });
});
