import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLineBuffer } from './line-buffer.ts';

describe('a line buffer', () => {
  it('holds what was appended since it was cleared, however much that is', () => {
    const lines = createLineBuffer();
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }).map((text) => ({ text })),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ bytes })),
      fc.constant({ text: 'é'.repeat(30_000) }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        lines.clear();
        for (const each of pieces) {
          if ('text' in each) lines.text(each.text);
          else
            lines.bytes(
              Buffer.concat([Buffer.from('_'), each.bytes, Buffer.from('_')]),
              1,
              each.bytes.length + 1,
            );
        }
        const wanted = Buffer.concat(
          pieces.map((each) => ('text' in each ? Buffer.from(each.text) : each.bytes)),
        );
        assert.equal(wanted.compare(lines.written()), 0);
      }),
      { numRuns: 20 },
    );
  });

  it('writes a float32 as a number from which the same float32 is read again', () => {
    const lines = createLineBuffer();
    const float = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.float({ min: -1000, max: 1000, noNaN: true }),
      fc.nat(2 ** 24).map((whole) => Math.fround(whole / 10)),
    );
    fc.assert(
      fc.property(fc.array(float, { maxLength: 40 }), (values) => {
        lines.clear();
        lines.floats(Float32Array.from(values), 0, values.length);
        const text = lines.written().toString();
        const read: number[] = JSON.parse(`[${text}]`);
        // JSON knows no zero with a sign.
        const wanted = values.map((value) => (value === 0 ? 0 : value));
        assert.deepEqual(read.map(Math.fround), wanted, text);
      }),
      { numRuns: 500 },
    );
  });

  it('writes a float32 with no more digits than it takes, and as null what is no number', () => {
    const lines = createLineBuffer();
    lines.floats(Float32Array.of(9, 0.1, -2.5, Number.NaN, 1e-7, 16_777_216, Number.NEGATIVE_INFINITY), 1, 7);
    assert.equal(lines.written().toString(), '0.1,-2.5,null,1.0000000116860974e-7,16777216,null');
  });
});
