import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../inference-error.ts';
import { type ProtoReader, readProto } from './proto-reader.ts';
import { createProtoWriter, type ProtoWriter } from './proto-writer.ts';

function nested(depth: number): Buffer {
  const writer = createProtoWriter();
  const write = (inner: ProtoWriter, left: number): void => {
    inner.text(1, `Tiefe ${left} – größer als was ein Oktett zählt: ${'x'.repeat(60)}`);
    if (left > 0) inner.message(2, (deeper) => write(deeper, left - 1));
    inner.packed(3, [left, -1, 2 ** 52]);
  };
  write(writer, depth);
  return writer.finish();
}

function read(reader: ProtoReader): readonly unknown[] {
  const found: unknown[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) found.push(reader.text().slice(0, 7));
    else if (field === 2) found.push(read(reader.message()));
    else reader.varints(() => found.push(reader.number()));
  }
  return found;
}

test('what was written in messages within messages is read from them', () => {
  assert.deepEqual(read(readProto(nested(2))), [
    'Tiefe 2',
    ['Tiefe 1', ['Tiefe 0', 0, -1, 2 ** 52], 1, -1, 2 ** 52],
    ...[2, -1, 2 ** 52],
  ]);
});

test('a message that breaks off, or is too deep, leaves the next one alone', () => {
  const whole = nested(3);
  const expected = read(readProto(whole));
  for (let length = 1; length < whole.length; length += 7) {
    try {
      read(readProto(whole.subarray(0, length)));
    } catch (error) {
      assert.ok(error instanceof InferenceError);
    }
    assert.deepEqual(read(readProto(whole)), expected);
  }
  assert.throws(() => read(readProto(nested(20))), InferenceError);
  assert.deepEqual(read(readProto(whole)), expected);
});
