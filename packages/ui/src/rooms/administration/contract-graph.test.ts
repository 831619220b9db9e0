import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contractGraph, kinOf } from './contract-graph.ts';

const nodes = ['split', 'run 1', 'run 2', 'model', 'version'].map((id) => ({ id }));
const isRun = ({ id }: { readonly id: string }) => id.startsWith('run');

test('what a hidden node joined is joined without it, once', () => {
  const edges = [
    { from: 'split', to: 'run 1' },
    { from: 'split', to: 'run 2' },
    { from: 'run 1', to: 'model' },
    { from: 'run 2', to: 'model' },
    { from: 'model', to: 'version' },
  ];
  const graph = contractGraph(nodes, edges, isRun);
  assert.deepEqual(
    graph.nodes.map(({ id }) => id),
    ['split', 'model', 'version'],
  );
  assert.deepEqual(graph.edges, [
    { from: 'split', to: 'model' },
    { from: 'model', to: 'version' },
  ]);
});

test('a chain and a ring of hidden nodes are followed to their end', () => {
  const edges = [
    { from: 'split', to: 'run 1' },
    { from: 'run 1', to: 'run 2' },
    { from: 'run 2', to: 'run 1' },
    { from: 'run 2', to: 'version' },
  ];
  assert.deepEqual(contractGraph(nodes, edges, isRun).edges, [{ from: 'split', to: 'version' }]);
});

test('kin of a node are its ancestors and its descendants, not its siblings', () => {
  const edges = [
    { from: 'view', to: 'set 1' },
    { from: 'view', to: 'set 2' },
    { from: 'set 1', to: 'model' },
    { from: 'model', to: 'endpoint' },
    { from: 'endpoint', to: 'model' },
  ];
  assert.deepEqual([...kinOf('model', edges)].sort(), ['endpoint', 'model', 'set 1', 'view']);
  assert.deepEqual([...kinOf('lonely', edges)], ['lonely']);
});
