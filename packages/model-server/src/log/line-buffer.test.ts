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
});
