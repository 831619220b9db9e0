import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { accepts, describeThreshold, isWithin, operators, type Threshold } from './threshold.ts';

const small = fc.integer({ min: -4, max: 4 });
const threshold: fc.Arbitrary<Threshold> = fc
  .tuple(fc.constantFrom(...operators), small, small)
  .map(([operator, a, b]) => {
    const between = operator === 'mustBeBetween' || operator === 'mustNotBeBetween';
    return between
      ? { operator, operand: [Math.min(a, b), Math.max(a, b) + 1] as const }
      : { operator, operand: a };
  });

describe('a threshold', () => {
  it('between two numbers excludes both', () => {
    const between: Threshold = { operator: 'mustBeBetween', operand: [0, 100] };
    assert.deepEqual(
      [0, 0.001, 99.999, 100].map((value) => accepts(between, value)),
      [false, true, true, false],
    );
  });

  it('not between two numbers accepts both', () => {
    const outside: Threshold = { operator: 'mustNotBeBetween', operand: [0, 100] };
    assert.deepEqual(
      [-1, 0, 50, 100, 101].map((value) => accepts(outside, value)),
      [true, true, false, true, true],
    );
  });

  it('compares as its operator says', () => {
    const cases = [
      ['mustBe', [false, true, false]],
      ['mustNotBe', [true, false, true]],
      ['mustBeGreaterThan', [false, false, true]],
      ['mustBeGreaterOrEqualTo', [false, true, true]],
      ['mustBeLessThan', [true, false, false]],
      ['mustBeLessOrEqualTo', [true, true, false]],
    ] as const;
    for (const [operator, expected] of cases) {
      const found = [4, 5, 6].map((value) => accepts({ operator, operand: 5 }, value));
      assert.deepEqual(found, expected, operator);
    }
  });

  it('lies within another exactly when the other accepts all it accepts', () => {
    fc.assert(
      fc.property(threshold, threshold, (narrow, wide) => {
        let within = true;
        // Every end is a whole number, so wholes and halves meet each stretch of the line.
        for (let value = -8; value <= 8; value += 0.5) {
          if (accepts(narrow, value) && !accepts(wide, value)) within = false;
        }
        assert.equal(isWithin(narrow, wide), within);
      }),
    );
  });

  it('is described in words', () => {
    assert.equal(
      describeThreshold({ operator: 'mustBeLessOrEqualTo', operand: 0.01 }, '%'),
      'at most 0.01 %',
    );
    assert.equal(describeThreshold({ operator: 'mustBe', operand: 0 }, 'rows'), '0 rows');
  });
});
