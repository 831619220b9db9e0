import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createAnswerReader, type HttpAnswer } from './answer-reader.ts';

const text = '{"error":"não há","code":"KEY_LIMIT"}';
const byLength = `HTTP/1.1 429 Too Many Requests\r\nContent-Length: ${Buffer.byteLength(text)}\r\nRetry-After: 1\r\n\r\n${text}`;
const inChunks = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nConnection: close\r\n\r\n5\r\n{"a":\r\n2;x=1\r\n1}\r\n0\r\n\r\n`;

describe('the reader of answers', () => {
  it('gives the same answer however it arrives', () => {
    const answers: readonly [string, HttpAnswer][] = [
      [byLength, { status: 429, text, last: false }],
      [inChunks, { status: 200, text: '{"a":1}', last: true }],
      ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', { status: 200, text: '', last: false }],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...answers),
        fc.array(fc.integer({ min: 1, max: 60 })),
        ([sent, wanted], sizes) => {
          const reader = createAnswerReader();
          const bytes = Buffer.from(sent);
          const memory = Buffer.alloc(bytes.length);
          const arrived: (HttpAnswer | undefined)[] = [];
          for (let at = 0, part = 0; at < bytes.length; part++) {
            const size = Math.min(sizes[part] ?? bytes.length, bytes.length - at);
            bytes.copy(memory, 0, at, at + size);
            arrived.push(reader.take(memory.subarray(0, size)));
            at += size;
          }
          assert.deepEqual(arrived.pop(), wanted);
          assert.ok(arrived.every((answer) => answer === undefined));
        },
      ),
    );
  });

  it('reads one answer after the other', () => {
    const reader = createAnswerReader();
    assert.equal(reader.take(Buffer.from(byLength))?.status, 429);
    assert.equal(reader.take(Buffer.from(inChunks))?.text, '{"a":1}');
  });

  it('refuses what is no answer, has no length, or is more than was asked for', () => {
    for (const sent of [
      'SSH-2.0-OpenSSH\r\n\r\n',
      'HTTP/1.1 200 OK\r\n\r\n{}',
      `${byLength}${byLength}`,
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    ])
      assert.throws(() => createAnswerReader().take(Buffer.from(sent)), sent);
  });
});
