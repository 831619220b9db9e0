import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createNumberScanner } from './number-scanner.ts';

const scanner = createNumberScanner();

function scanned(text: string): number | undefined {
  const found = scanner.scan(Buffer.from(`[${text}]`), 0);
  return found?.count === 1 ? found.values[0] : undefined;
}

const digits = (least: number, most: number) => fc.stringMatching(new RegExp(`^[0-9]{${least},${most}}$`));

describe('the number scanner', () => {
  it('rounds every number as JSON.parse does, however many digits it has', () => {
    const fraction = fc.tuple(fc.nat(999), digits(1, 25)).map(([whole, rest]) => `${whole}.${rest}`);
    const scaled = fc
      .tuple(digits(15, 22), fc.integer({ min: -40, max: 40 }))
      .map(([all, e]) => `1${all}e${e}`);
    const single = fc.float({ noNaN: true, noDefaultInfinity: true }).map(String);
    fc.assert(
      fc.property(fc.oneof(fraction, scaled, single), (text) => {
        assert.ok(Object.is(scanned(text), JSON.parse(text)), text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('decides halfway between two doubles as JSON.parse does', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n }),
        fc.integer({ min: 1, max: 17 }),
        (n, places) => {
          // Twice a number of 53 bits plus one lies halfway; its neighbours tell the sides apart.
          for (const near of [-1n, 0n, 1n]) {
            const all = String(10n * (2n * n + 1n) + near);
            const text = `${all.slice(0, -places) || '0'}.${all.slice(-places)}`;
            assert.ok(Object.is(scanned(text), JSON.parse(text)), text);
          }
        },
      ),
    );
  });

  it('takes no number that JSON has not', () => {
    for (const text of [
      '01',
      '1.',
      '.5',
      '-',
      '+1',
      '1e',
      '1e+',
      '0x1',
      '1..2',
      '1.2.3',
      '--1',
      'NaN',
      'Infinity',
    ])
      assert.equal(scanned(text), undefined, text);
  });
});
