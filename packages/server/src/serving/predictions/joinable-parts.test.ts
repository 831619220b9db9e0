import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findJoinableParts } from './joinable-parts.ts';

describe('parts of the log that are joined', () => {
  it('stay few in an hour, and no row is written again more than three times', () => {
    const shipments = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shipments, fc.integer({ min: 1, max: 4_000 }), (sizes, count) => {
        let parts: { rows: number; written: number }[] = [];
        for (let shipment = 0; shipment < count; shipment++) {
          parts.push({ rows: sizes[shipment % sizes.length] ?? 1, written: 0 });
          const joined = findJoinableParts(parts);
          if (joined.length === 0) continue;
          const rows = joined.reduce((sum, part) => sum + part.rows, 0);
          const written = 1 + Math.max(...joined.map((part) => part.written));
          parts = [...parts.filter((part) => !joined.includes(part)), { rows, written }];
        }
        assert.ok(parts.every(({ written }) => written <= 3));
        assert.ok(parts.filter(({ rows }) => rows < 32_768).length <= 3 * 31 + 1);
      }),
      { numRuns: 30 },
    );
  });

  it('are of about one size, the smallest there are enough of', () => {
    const small = Array.from({ length: 32 }, () => ({ rows: 20 }));
    const middle = Array.from({ length: 32 }, () => ({ rows: 900 }));
    const large = Array.from({ length: 32 }, () => ({ rows: 40_000 }));
    assert.deepEqual(findJoinableParts([...large, ...middle, ...small]), small);
    assert.deepEqual(findJoinableParts([...large, ...middle, ...small.slice(1)]), middle);
    assert.deepEqual(findJoinableParts([...large, ...middle.slice(1), ...small.slice(1)]), []);
  });
});
