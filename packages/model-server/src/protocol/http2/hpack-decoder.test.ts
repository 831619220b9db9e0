import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHpackDecoder, fieldOf, longestHeaders } from './hpack-decoder.ts';
import { createHpackEncoder, longestBlockOf } from './hpack-encoder.ts';
import { Http2Error } from './http2-frames.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

test('three requests of one connection are read as in RFC 7541, C.4', () => {
  const decoder = createHpackDecoder();
  const request = { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'www.example.com' };
  const read = (digits: string) => {
    const { fields, malformed } = decoder.decode(hex(digits), false);
    assert.equal(malformed, false);
    return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
  };
  assert.deepEqual(read('828684418cf1e3c2e5f23a6ba0ab90f4ff'), request);
  assert.deepEqual(read('828684be5886a8eb10649cbf'), { ...request, 'cache-control': 'no-cache' });
  assert.deepEqual(read('828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'), {
    ...{ ...request, ':scheme': 'https', ':path': '/index.html' },
    'custom-key': 'custom-value',
  });
});

test('a field that pushes everything out of the table leaves it empty', () => {
  const decoder = createHpackDecoder();
  // The table shrinks to 64 octets, learns a field of 54, and then one of 57.
  const learn = (name: string, value: string) =>
    Buffer.concat([
      Buffer.from([0x40, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]);
  decoder.decode(Buffer.concat([hex('3f21'), learn('first', 'a'.repeat(17))]), true);
  assert.equal(fieldOf(decoder.decode(hex('be'), true).fields, 'first'), 'a'.repeat(17));
  decoder.decode(learn('second', 'b'.repeat(19)), true);
  assert.equal(fieldOf(decoder.decode(hex('be'), true).fields, 'second'), 'b'.repeat(19));
  assert.throws(() => decoder.decode(hex('bf'), true), Http2Error);
  decoder.decode(learn('third', 'c'.repeat(60)), true);
  assert.throws(() => decoder.decode(hex('be'), true), Http2Error);
});

test('what is no block ends the connection', () => {
  for (const digits of [
    '80', // the index 0
    'ff80808080808080', // a number without an end
    'c6', // an index beyond the table
    '4001', // a text that is not there
    '828684411f', // a text longer than the block
    '4082ffff0161', // padding of more than seven bits
    '823fe11f', // a size of the table behind a field
    '3fe21f', // a size above the agreed one
  ])
    assert.throws(() => createHpackDecoder().decode(hex(digits), false), Http2Error, digits);
});

test('a request that is none is told from one that is', () => {
  const block = (...given: readonly (readonly [string, string])[]) => {
    const fields = given.map(([name, value]) => ({ name, value }));
    const bytes = Buffer.alloc(longestBlockOf(fields));
    return bytes.subarray(0, createHpackEncoder().write(fields, bytes, 0));
  };
  const whole = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', '/x'],
  ] as const;
  const judge = (...fields: readonly (readonly [string, string])[]) =>
    createHpackDecoder().decode(block(...fields), false).malformed;
  assert.equal(judge(...whole, ['te', 'trailers'], ['a', ''], ['a', 'b c']), false);
  assert.equal(judge(...whole.slice(1)), true);
  assert.equal(judge(...whole.slice(0, 2), [':path', '']), true);
  assert.equal(judge(...whole.slice(0, 2), [':path', ''], [':path', '/x']), true);
  for (const field of [
    ...([
      [':path', '/y'],
      [':status', '200'],
      [':other', ''],
      ['Name', 'x'],
      ['', 'x'],
    ] as const),
    ...([
      ['connection', 'close'],
      ['te', 'gzip'],
      ['a', 'b\n'],
      ['a', ' b'],
      ['a', 'b '],
      ['a b', ''],
    ] as const),
  ] as const)
    assert.equal(judge(...whole, field), true, field.join(': '));
  assert.equal(judge(['a', 'b'], ...whole), true);
});

test('a short block of long headers is not unpacked', () => {
  const decoder = createHpackDecoder();
  const value = Buffer.alloc(4_000, 'v');
  const learnt = Buffer.concat([hex('4001617f'), hex('a11e'), value]);
  assert.equal(fieldOf(decoder.decode(learnt, true).fields, 'a'), value.toString());
  const { fields, tooLong } = decoder.decode(Buffer.alloc(10_000, 0xbe), true);
  assert.equal(tooLong, true);
  assert.ok((fieldOf(fields, 'a')?.length ?? 0) <= longestHeaders);
});

test('any octets are read or refused as what they are', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (blocks) => {
      const decoder = createHpackDecoder();
      try {
        for (const block of blocks) decoder.decode(Buffer.from(block), false);
      } catch (error) {
        assert.ok(error instanceof Http2Error);
      }
    }),
  );
});
