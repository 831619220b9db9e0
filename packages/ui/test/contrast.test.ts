import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { darkPalette, lightPalette } from '../src/components/chart-palette.ts';
import { contrastOf, type Rgb, readHex } from './contrast.ts';

/** WCAG 2.2: SC 1.4.3 for text, SC 1.4.11 and 2.4.13 for edges, marks and the focus. */
const leastOfText = 4.5;
const leastOfMarks = 3;

const surfaces = ['page', 'panel', 'head', 'hover', 'accent-soft'] as const;
const texts = ['ink', 'ink-soft', 'ink-faint', 'accent'] as const;
const tones = ['good', 'bad', 'warn', 'busy', 'idle'] as const;

const looks = [
  { look: 'light', tokens: readTokens(':root {'), palette: lightPalette },
  { look: 'dark', tokens: readTokens(':root[data-mantine-color-scheme="dark"] {'), palette: darkPalette },
];

test('black and white stand 21 apart, a colour and itself 1', () => {
  assert.equal(contrastOf([0, 0, 0], [255, 255, 255]), 21);
  assert.equal(contrastOf([12, 107, 117], [12, 107, 117]), 1);
});

test('the greys that WCAG is explained by stand as far apart as it says', () => {
  assert.ok(contrastOf(readHex('#767676'), readHex('#ffffff')) >= leastOfText);
  assert.ok(contrastOf(readHex('#777777'), readHex('#ffffff')) < leastOfText);
});

for (const { look, tokens, palette } of looks) {
  const colour = (name: string): Rgb => {
    // The same mixtures as in the style sheets of tables.
    if (name === 'head') return mixed(colour('page'), colour('panel'), 0.6);
    if (name === 'hover') return mixed(colour('accent-soft'), colour('panel'), 0.45);
    return readHex(tokens.get(name) ?? `no --${name}`);
  };
  const assertApart = (front: readonly [string, Rgb], back: readonly [string, Rgb], least: number): void => {
    const ratio = contrastOf(front[1], back[1]);
    assert.ok(ratio >= least, `${front[0]} on ${back[0]}: ${ratio.toFixed(2)} of ${least}`);
  };

  describe(`colours of the ${look} look`, () => {
    test('every text is read on every surface', () => {
      for (const text of texts)
        for (const surface of surfaces)
          assertApart([text, colour(text)], [surface, colour(surface)], leastOfText);
    });

    test('every tone is read on its badge and on a panel', () => {
      for (const tone of tones)
        for (const surface of [`${tone}-soft`, 'panel'])
          assertApart([tone, colour(tone)], [surface, colour(surface)], leastOfText);
    });

    test('the focus, edges of controls and icons are told from what is around them', () => {
      for (const mark of ['accent', 'control', 'ink-faint'])
        for (const surface of ['page', 'panel', 'accent-soft'])
          assertApart([mark, colour(mark)], [surface, colour(surface)], leastOfMarks);
    });

    test('charts are read on their panel, and every line of them is seen', () => {
      const panel = ['panel', readHex(palette.panel)] as const;
      assert.deepEqual(panel[1], colour('panel'));
      for (const name of ['ink', 'soft', 'bad'] as const)
        assertApart([`chart ${name}`, readHex(palette[name])], panel, leastOfText);
      for (const [at, series] of palette.series.entries())
        assertApart([`series ${at}`, readHex(series)], panel, leastOfMarks);
    });
  });
}

/** The custom properties of a rule of the page's style sheet, by name. */
function readTokens(rule: string): ReadonlyMap<string, string> {
  const sheet = readFileSync(new URL('../src/components/page.css', import.meta.url), 'utf8');
  const [, after = ''] = sheet.split(rule, 2);
  const [block = ''] = after.split('}', 1);
  return new Map(
    [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', hex = '']) => [name, hex]),
  );
}

function mixed(one: Rgb, other: Rgb, share: number): Rgb {
  const mix = (at: 0 | 1 | 2): number => Math.round(one[at] * share + other[at] * (1 - share));
  return [mix(0), mix(1), mix(2)];
}
