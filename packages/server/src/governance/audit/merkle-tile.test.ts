import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { appendLeaves, nodesOfTiles, type TileLoader } from './merkle-tile.ts';
import { consistencyProof, createGrowingTree, inclusionProof, leafHash, rootHash } from './merkle-tree.ts';

describe('the tiles of the Merkle tree', () => {
  it('give the same root as the tree itself, in whatever batches the leaves came', async () => {
    const batches = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(batches, async (sizes) => {
        const store = createTileStore();
        const tree = createGrowingTree();
        for (const size of sizes) {
          await store.append(
            Array.from({ length: size }, (_, index) => leafHash(Buffer.from(`${size}/${index}`))),
          );
        }
        for (const leaf of store.leaves) tree.append(leaf);
        assert.deepEqual(await rootHash(store.leaves.length, nodesOfTiles(store.load)), tree.root());
      }),
      { numRuns: 15 },
    );
  });

  it('are enough for proofs that touch only a few of them', async () => {
    const store = createTileStore();
    await store.append(Array.from({ length: 70_000 }, (_, index) => leafHash(Buffer.from(String(index)))));
    let loads = 0;
    const counted: TileLoader = async (level, position) => {
      loads++;
      return store.load(level, position);
    };
    assert.ok((await inclusionProof(12_345, 70_000, nodesOfTiles(counted))).length <= 17);
    assert.ok((await consistencyProof(40_000, 70_000, nodesOfTiles(counted))).length <= 18);
    assert.ok(loads <= 12, `${loads} tiles were loaded`);
  });

  it('refuse to grow, or to be read, when a hash is missing', async () => {
    const store = createTileStore();
    await store.append([leafHash(Buffer.from('a')), leafHash(Buffer.from('b'))]);
    const cut: TileLoader = async (level, position) => (await store.load(level, position)).slice(0, 1);
    await assert.rejects(appendLeaves(2, [leafHash(Buffer.from('c'))], cut), { code: 'AUDIT_LOG_BROKEN' });
    await assert.rejects(rootHash(2, nodesOfTiles(cut)), { code: 'AUDIT_LOG_BROKEN' });
  });
});

function createTileStore() {
  const tiles = new Map<string, readonly Buffer[]>();
  const leaves: Buffer[] = [];
  const load: TileLoader = async (level, position) => tiles.get(`${level}/${position}`) ?? [];
  return {
    leaves,
    load,
    async append(added: readonly Buffer[]) {
      for (const tile of await appendLeaves(leaves.length, added, load)) {
        tiles.set(`${tile.level}/${tile.position}`, tile.hashes);
      }
      leaves.push(...added);
    },
  };
}
