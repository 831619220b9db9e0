import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collectAssignment, parseDays, parseInteger, parseNumbers, parseTime } from './option-values.ts';

test('a time without a zone is UTC, as a date, with minutes, or as milliseconds', () => {
  assert.equal(parseTime('2001-03-31'), Date.UTC(2001, 2, 31));
  assert.equal(parseTime('2001-03-31T18:00'), Date.UTC(2001, 2, 31, 18));
  assert.equal(parseTime('2001-03-31 18:00:30'), Date.UTC(2001, 2, 31, 18, 0, 30));
  assert.equal(parseTime('2001-03-31T18:00-03:00'), Date.UTC(2001, 2, 31, 21));
  assert.equal(parseTime('985993200000'), 985993200000);
});

test('what is no time is refused', () => {
  for (const text of ['yesterday', '31/03/2001', '2001', '2001-13-01', ''])
    assert.throws(() => parseTime(text), /expected/);
});

test('every moment survives being written as ISO 8601', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
      (date) => {
        assert.equal(parseTime(date.toISOString()), date.getTime());
      },
    ),
  );
});

test('a span counts days, weeks or years', () => {
  assert.equal(parseDays('90d'), 90);
  assert.equal(parseDays('12w'), 84);
  assert.equal(parseDays('1y'), 365);
  assert.equal(parseDays('7'), 7);
  assert.throws(() => parseDays('3h'), /expected/);
});

test('whole numbers and lists of numbers are checked', () => {
  assert.equal(parseInteger('-3'), -3);
  assert.throws(() => parseInteger('1.5'), /whole number/);
  assert.deepEqual(parseNumbers('0.05,0.25,0.5'), [0.05, 0.25, 0.5]);
  assert.throws(() => parseNumbers('0.05,,0.5'), /number/);
});

test('an assignment is JSON where it is valid JSON, else text', () => {
  let values = collectAssignment('trials=30', undefined);
  values = collectAssignment('from=2001-01-15', values);
  values = collectAssignment('current=null', values);
  values = collectAssignment('code=007', values);
  values = collectAssignment('where=a=b', values);
  assert.deepEqual(values, { trials: 30, from: '2001-01-15', current: null, code: '007', where: 'a=b' });
  assert.throws(() => collectAssignment('=3', undefined), /name=value/);
});
