import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LineageGraph } from '@esteira/contracts';
import { describeLineage } from './lineage.ts';

test('lineage is two trees, each node unfolded once', () => {
  const model = { kind: 'model-version', id: 'm' } as const;
  const run = { kind: 'run', id: 'r' } as const;
  const data = { kind: 'dataset-version', id: 'd' } as const;
  const split = { kind: 'split', id: 's' } as const;
  const endpoint = { kind: 'endpoint', id: 'e' } as const;
  const edge = (from: LineageGraph['root'], to: LineageGraph['root'], relation: string) => ({
    from,
    to,
    relation,
    at: 0,
  });
  const graph: LineageGraph = {
    root: model,
    nodes: [{ ...data, digest: `sha256:${'0'.repeat(64)}`, depth: 2 }],
    edges: [
      edge(run, model, 'produced'),
      edge(data, run, 'read'),
      edge(split, run, 'read'),
      edge(data, split, 'split'),
      edge(model, endpoint, 'served'),
    ],
    truncated: false,
  };
  assert.equal(
    describeLineage(graph),
    [
      'model-version m',
      'made from:',
      '  run r  (produced)',
      '    dataset-version d 000000000000  (read)',
      '    split s  (read)',
      '      dataset-version d 000000000000  (split) …',
      'used by:',
      '  endpoint e  (served)',
    ].join('\n'),
  );
});
