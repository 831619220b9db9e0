import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodeKind, NodeRef } from '@esteira/contracts';
import fc from 'fast-check';
import type { RequestContext } from '../../kernel/actor.ts';
import { openTestDatabase } from '../../storage/sql/open-test-database.ts';
import { systemActor } from '../identity/principal.ts';
import { createLineage } from './lineage.ts';

describe('lineage', () => {
  it('tells what a thing was made from and what was made from it, with distances and digests', async () => {
    const { lineage, link, close } = await open();
    await link(node('source-file', 'f1'), node('dataset-version', 'd1'), { toDigest: 'sha256:d1' });
    await link(node('dataset-version', 'd1'), node('split', 's1'), { fromDigest: 'sha256:d1' });
    await link(node('split', 's1'), node('run', 'r1'));
    await link(node('run', 'r1'), node('model-version', 'm1'), { toDigest: 'sha256:m1' });
    const up = await lineage.upstream('ws_1', node('model-version', 'm1'));
    assert.deepEqual(
      up.nodes.map(({ id, depth }) => [id, depth]),
      [
        ['m1', 0],
        ['r1', 1],
        ['s1', 2],
        ['d1', 3],
        ['f1', 4],
      ],
    );
    assert.equal(up.nodes.find(({ id }) => id === 'd1')?.digest, 'sha256:d1');
    const down = await lineage.downstream('ws_1', node('dataset-version', 'd1'));
    assert.deepEqual(
      down.nodes.map(({ id }) => id),
      ['d1', 's1', 'r1', 'm1'],
    );
    const around = await lineage.around('ws_1', node('run', 'r1'));
    assert.equal(around.nodes.length, 5);
    assert.equal(around.edges.length, 4);
    assert.equal(around.truncated, false);
    await close();
  });

  it('belongs to a workspace', async () => {
    const { lineage, link, close } = await open();
    await link(node('run', 'r1'), node('model-version', 'm1'));
    assert.equal((await lineage.upstream('ws_2', node('model-version', 'm1'))).nodes.length, 1);
    await close();
  });

  it('says when it goes on beyond the depth asked for', async () => {
    const { lineage, link, close } = await open();
    for (let index = 0; index < 5; index++) await link(run(index), run(index + 1));
    const near = await lineage.downstream('ws_1', run(0), 2);
    assert.deepEqual([near.nodes.length, near.truncated], [3, true]);
    const whole = await lineage.downstream('ws_1', run(0), 5);
    assert.deepEqual([whole.nodes.length, whole.truncated], [6, false]);
    await close();
  });

  it('answers with at most 1,000 nodes', async () => {
    const { lineage, link, close } = await open();
    for (let index = 1; index <= 1100; index++) await link(run(0), run(index));
    const { nodes, truncated } = await lineage.downstream('ws_1', run(0));
    assert.deepEqual([nodes.length, truncated], [1000, true]);
    await close();
  });

  it('takes the same edge again without a second one, and no other digest for it', async () => {
    const { lineage, link, close } = await open();
    const digest = { fromDigest: 'sha256:a' };
    await link(run(0), run(1), digest);
    await link(run(0), run(1), digest);
    assert.equal((await lineage.downstream('ws_1', run(0))).edges.length, 1);
    await assert.rejects(link(run(0), run(1), { fromDigest: 'sha256:b' }), { code: 'LINEAGE_CONFLICT' });
    await close();
  });

  it('lets nothing be its own ancestor', async () => {
    const { link, close } = await open();
    await assert.rejects(link(run(0), run(0)), { code: 'LINEAGE_CYCLE' });
    await link(run(0), run(1));
    await link(run(1), run(2));
    await assert.rejects(link(run(2), run(0)), { code: 'LINEAGE_CYCLE' });
    await close();
  });

  it('lets a model be retrained on what its own endpoint answered', async () => {
    const { link, lineage, close } = await open();
    await link(node('model-version', 'm1'), node('endpoint', 'e'));
    await link(node('endpoint', 'e'), node('dataset-version', 'd2'));
    await link(node('dataset-version', 'd2'), node('model-version', 'm2'));
    await link(node('model-version', 'm2'), node('endpoint', 'e'));
    const { nodes } = await lineage.upstream('ws_1', node('model-version', 'm2'));
    assert.deepEqual(
      nodes.map(({ id }) => id),
      ['m2', 'd2', 'e', 'm1'],
    );
    await close();
  });

  it('stays free of cycles whatever is linked', async () => {
    const edge = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 }));
    await fc.assert(
      fc.asyncProperty(fc.array(edge, { maxLength: 25 }), async (edges) => {
        const { link, close } = await open();
        const reach = Array.from({ length: 8 }, (_, index) => new Set([index]));
        for (const [from, to] of edges) {
          const cycle = reach[to]?.has(from) ?? false;
          const linked = await link(run(from), run(to)).then(
            () => true,
            () => false,
          );
          assert.equal(linked, !cycle);
          if (!linked) continue;
          for (const reached of reach)
            if (reached.has(from)) for (const next of reach[to] ?? []) reached.add(next);
        }
        await close();
      }),
      { numRuns: 30 },
    );
  });
});

async function open() {
  const sql = await openTestDatabase();
  let time = 1000;
  const lineage = createLineage({ sql, clock: { now: () => time++ } });
  const context: RequestContext = { workspace: 'ws_1', actor: systemActor, requestId: 'req_1' };
  const link = (from: NodeRef, to: NodeRef, digests: { fromDigest?: string; toDigest?: string } = {}) => {
    return sql.transaction((tx) => lineage.link(tx, context, { from, to, relation: 'made', ...digests }));
  };
  return { lineage, link, close: () => sql.close() };
}

function node(kind: NodeKind, id: string): NodeRef {
  return { kind, id };
}

function run(index: number): NodeRef {
  return { kind: 'run', id: `run_${index}` };
}
