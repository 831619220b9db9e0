import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Tree } from '../trainers/tree-ensemble.ts';
import { bitVectorTrees, leafOfVector, reachLeaves } from './bit-vector-trees.ts';
import { flattenTrees, leafOf } from './flat-trees.ts';

const features = 3;
const cuts = [Number.NEGATIVE_INFINITY, -1, -0, 0, 0.5, 1, Number.POSITIVE_INFINITY];
const question = fc.record({
  leaf: fc.nat(),
  feature: fc.nat(features - 1),
  threshold: fc.constantFrom(...cuts),
  missingLeft: fc.nat(1),
});
const row = fc.array(fc.constantFrom(...cuts, Number.NaN, 0.25, 2), {
  minLength: features,
  maxLength: features,
});

test('a row reaches the same leaf by the bits of a tree as by its nodes, ties and missing values included', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(question, { maxLength: 31 }), { minLength: 1, maxLength: 4 }),
      fc.array(row, { minLength: 1, maxLength: 5 }),
      (grown, rows) => {
        const ensemble = { features, outputs: 1, baseScores: [], trees: grown.map(grow) };
        const flat = flattenTrees(ensemble, 'float32');
        const small = bitVectorTrees(flat);
        assert.ok(small !== undefined);
        const data = Float32Array.from(rows.flat());
        const vectors = new Int32Array(grown.length);
        for (let at = 0; at < rows.length; at++) {
          reachLeaves(small, data, at * features, vectors);
          for (const [tree, vector] of vectors.entries())
            assert.equal(leafOfVector(small, tree, vector), leafOf(flat, tree, data, at * features));
        }
      },
    ),
  );
});

test('a tree of 33 leaves, and one that asks for more than what is not a number, is walked', () => {
  const asks = (threshold: number) => ({ leaf: 0, feature: 0, threshold, missingLeft: 0 });
  const of = (...trees: Tree[]) =>
    bitVectorTrees(flattenTrees({ features, outputs: 1, baseScores: [], trees }, 'float32'));
  assert.ok(of(grow(Array.from({ length: 31 }, () => asks(0)))) !== undefined);
  assert.equal(of(grow(Array.from({ length: 32 }, () => asks(0)))), undefined);
  assert.equal(of(grow([asks(Number.NaN)])), undefined);
});

interface Question {
  /** Which of the leaves there are becomes the node. */
  readonly leaf: number;
  readonly feature: number;
  readonly threshold: number;
  readonly missingLeft: number;
}

/** A tree whose leaves become nodes one after the other; each leaf has a value of its own. */
function grow(questions: readonly Question[]): Tree {
  const count = 2 * questions.length + 1;
  const feature = new Int32Array(count).fill(-1);
  const threshold = new Float64Array(count);
  const left = new Int32Array(count);
  const right = new Int32Array(count);
  const missingLeft = new Uint8Array(count);
  const leaves = [0];
  for (const [place, asked] of questions.entries()) {
    const [node = 0] = leaves.splice(asked.leaf % leaves.length, 1);
    feature[node] = asked.feature;
    threshold[node] = asked.threshold;
    missingLeft[node] = asked.missingLeft;
    left[node] = 2 * place + 1;
    right[node] = 2 * place + 2;
    leaves.push(2 * place + 1, 2 * place + 2);
  }
  const values = Float64Array.from({ length: count }, (_, node) => node);
  const nothing = new Float64Array(0);
  return {
    ...{ firstOutput: 0, width: 1, feature, threshold, left, right, missingLeft, values },
    ...{ cover: nothing, gain: nothing },
  };
}
