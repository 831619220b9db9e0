import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalDigest } from './canonical-digest.ts';

describe('the canonical digest', () => {
  it('is the SHA-256 of the canonical JSON', () => {
    assert.equal(
      canonicalDigest({}),
      'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    );
  });

  it('is the same for equal values, whatever the order of their keys', () => {
    assert.equal(
      canonicalDigest({ a: 1, b: [2, { d: 4, c: 3 }] }),
      canonicalDigest({ b: [2, { c: 3, d: 4 }], a: 1 }),
    );
    assert.notEqual(canonicalDigest([1, 2]), canonicalDigest([2, 1]));
  });
});
