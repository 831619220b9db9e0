import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readPlainHead } from './plain-head.ts';

const plainest = 'POST /v2/models/gb/infer HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}';

function read(text: string) {
  return readPlainHead(Buffer.from(text, 'latin1'));
}

describe('plain heads', () => {
  it('give the path, the headers by lower-case name, and the place of the body', () => {
    const head = read(plainest);
    assert.equal(head?.url, '/v2/models/gb/infer');
    assert.deepEqual({ ...head?.headers }, { host: 'here', 'content-length': '2' });
    assert.equal(plainest.slice(head?.bodyStart, head?.bodyEnd), '{}');
  });

  it('keep spaces within a value and drop those around it', () => {
    const head = read(plainest.replace('Host: here', 'Host:  here \r\nAuthorization: Bearer a key'));
    assert.equal(head?.headers.host, 'here');
    assert.equal(head?.headers.authorization, 'Bearer a key');
  });

  const unusual: readonly [string, string, string][] = [
    ['another method', 'POST', 'PUT'],
    ['another version', 'HTTP/1.1', 'HTTP/1.0'],
    ['an absolute address', '/v2', 'http://here/v2'],
    ['no host', 'Host: here\r\n', ''],
    ['no length', 'Content-Length: 2\r\n', ''],
    ['two lengths', 'Content-Length: 2', 'Content-Length: 2\r\nContent-Length: 2'],
    ['a list of lengths', 'Content-Length: 2', 'Content-Length: 2, 2'],
    ['a signed length', 'Content-Length: 2', 'Content-Length: +2'],
    ['a length with a zero before it', 'Content-Length: 2', 'Content-Length: 02'],
    ['chunks', 'Host: here', 'Host: here\r\nTransfer-Encoding: chunked'],
    ['a packed body', 'Host: here', 'Host: here\r\nContent-Encoding: gzip'],
    ['a wish to be told to continue', 'Host: here', 'Host: here\r\nExpect: 100-continue'],
    ['a connection that ends', 'Host: here', 'Host: here\r\nConnection: close'],
    ['an upgrade', 'Host: here', 'Host: here\r\nConnection: upgrade\r\nUpgrade: h2c'],
    ['a space before the colon', 'Host: here', 'Host : here'],
    ['a folded line', 'Host: here', 'Host: here\r\n there'],
    ['a line feed alone', 'Host: here', 'Host: here\nContent-Length: 5'],
    ['a carriage return alone', 'Host: here', 'Host: here\rX: 5'],
    ['a character that is not ASCII', 'Host: here', 'Host: h\u00e9re'],
    ['a header without a name', 'Host: here', 'Host: here\r\n: 5'],
  ];
  for (const [what, from, to] of unusual) {
    it(`leave ${what} to others`, () => {
      assert.notEqual(plainest.replace(from, to), plainest);
      assert.equal(read(plainest.replace(from, to)), undefined);
    });
  }

  it('leave what has not come whole, or is long, to others', () => {
    for (let length = 0; length < plainest.length - 2; length++)
      assert.equal(read(plainest.slice(0, length)), undefined);
    assert.equal(read(plainest.replace('here', 'h'.repeat(5_000))), undefined);
  });

  it('are read alike the first time and every other', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 6 }), fc.nat(9_999), (headers, length) => {
        const own = { Host: 'here', 'Content-Length': String(length) };
        const lines = Object.entries({ ...headers, ...own }).map(([key, text]) => `${key}: ${text}\r\n`);
        const text = `POST /infer HTTP/1.1\r\n${lines.join('')}\r\n`;
        assert.deepEqual(read(text), read(text));
        const head = read(text);
        if (head === undefined) return;
        assert.equal(head.bodyEnd - head.bodyStart, length);
        for (const [key, found] of Object.entries(head.headers)) {
          const sent = Object.entries({ ...headers, ...own }).filter(
            ([given]) => given.toLowerCase() === key,
          );
          assert.deepEqual(
            sent.map(([, given]) => given),
            [found],
          );
        }
      }),
    );
  });
});
