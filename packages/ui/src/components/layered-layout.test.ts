import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type GraphEdge, layeredLayout } from './layered-layout.ts';

const nodes = (...ids: string[]) => ids.map((id) => ({ id }));

/** A graph without cycles: every edge goes from a smaller to a greater number. */
const acyclic = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 14 }), fc.integer({ min: 0, max: 14 })), { maxLength: 40 })
  .map((pairs) => ({
    nodes: nodes(...Array.from({ length: 15 }, (_unused, place) => `n${place}`)),
    edges: pairs
      .filter(([left, right]) => left !== right)
      .map(
        ([left, right]): GraphEdge => ({
          from: `n${Math.min(left, right)}`,
          to: `n${Math.max(left, right)}`,
        }),
      ),
  }));

test('every node is placed once, and no two in the same place', () => {
  fc.assert(
    fc.property(acyclic, (graph) => {
      const { placed } = layeredLayout(graph.nodes, graph.edges);
      assert.deepEqual(placed.map(({ node }) => node.id).sort(), graph.nodes.map(({ id }) => id).sort());
      assert.equal(new Set(placed.map(({ layer, place }) => `${layer} ${place}`)).size, placed.length);
    }),
  );
});

test('every edge of a graph without cycles goes to the right', () => {
  fc.assert(
    fc.property(acyclic, (graph) => {
      const layerOf = new Map(
        layeredLayout(graph.nodes, graph.edges).placed.map(({ node, layer }) => [node.id, layer]),
      );
      for (const { from, to } of graph.edges) assert.ok((layerOf.get(from) ?? 0) < (layerOf.get(to) ?? 0));
    }),
  );
});

test('a node stands one layer after the last of what it needs', () => {
  const { placed, layers, tallest } = layeredLayout(nodes('a', 'b', 'c', 'd'), [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'd' },
    { from: 'a', to: 'd' },
    { from: 'a', to: 'c' },
  ]);
  assert.deepEqual(Object.fromEntries(placed.map(({ node, layer }) => [node.id, layer])), {
    a: 0,
    b: 1,
    c: 1,
    d: 2,
  });
  assert.deepEqual({ layers, tallest }, { layers: 3, tallest: 2 });
});

test('lines that would cross are untangled', () => {
  const { placed } = layeredLayout(nodes('a', 'b', 'x', 'y'), [
    { from: 'a', to: 'y' },
    { from: 'b', to: 'x' },
  ]);
  const placeOf = new Map(placed.map(({ node, place }) => [node.id, place]));
  assert.equal(
    (placeOf.get('a') ?? 0) < (placeOf.get('b') ?? 0),
    (placeOf.get('y') ?? 0) < (placeOf.get('x') ?? 0),
  );
});

test('a cycle, an edge to itself and an edge to nowhere do no harm', () => {
  const { placed } = layeredLayout(nodes('a', 'b'), [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
    { from: 'a', to: 'a' },
    { from: 'a', to: 'nobody' },
  ]);
  assert.equal(placed.length, 2);
});

test('an empty graph has no layers', () => {
  assert.deepEqual(layeredLayout([], []), { placed: [], layers: 0, tallest: 0 });
});
