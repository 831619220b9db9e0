import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isConsistent, isIncluded } from './merkle-proof.ts';
import {
  consistencyProof,
  createGrowingTree,
  emptyRoot,
  inclusionProof,
  leafHash,
  type NodeReader,
  nodeHash,
  rootHash,
} from './merkle-tree.ts';

// The leaves, roots and proofs that the Certificate Transparency reference implementation is tested with.
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leafHashes = leaves.map((leaf) => leafHash(Buffer.from(leaf, 'hex')));

describe('the Merkle tree of RFC 6962', () => {
  it('has the published roots at every size', async () => {
    const growing = createGrowingTree();
    assert.equal(
      growing.root().toString('hex'),
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    for (const [index, expected] of roots.entries()) {
      growing.append(leafHashes[index] ?? emptyRoot);
      assert.equal(growing.root().toString('hex'), expected);
      assert.equal((await rootHash(index + 1, readerOver(leafHashes))).toString('hex'), expected);
    }
  });

  it('gives the published inclusion proofs', async () => {
    assert.deepEqual(await inclusionProof(0, 1, readerOver(leafHashes)), []);
    assert.deepEqual(await hexInclusion(0, 8), [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    assert.deepEqual(await hexInclusion(5, 8), [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    assert.deepEqual(await hexInclusion(2, 3), [
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    ]);
    assert.deepEqual(await hexInclusion(1, 5), [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });

  it('gives the published consistency proofs', async () => {
    assert.deepEqual(await hexConsistency(1, 1), []);
    assert.deepEqual(await hexConsistency(1, 8), [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    assert.deepEqual(await hexConsistency(6, 8), [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    assert.deepEqual(await hexConsistency(2, 5), [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });

  it('proves every leaf of a tree of any size, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.nat(), fc.nat(), async (size, at, elsewhere) => {
        const hashes = numberedLeaves(size);
        const read = readerOver(hashes);
        const index = at % size;
        const root = await rootHash(size, read);
        const proof = await inclusionProof(index, size, read);
        const claim = { index, size, leafHash: hashes[index] ?? emptyRoot, proof, root };
        assert.ok(isIncluded(claim));
        assert.ok(proof.length <= Math.ceil(Math.log2(size)));
        const other = elsewhere % size;
        if (other !== index) assert.ok(!isIncluded({ ...claim, index: other }));
        assert.ok(!isIncluded({ ...claim, leafHash: leafHash(Buffer.from('another')) }));
        assert.ok(!isIncluded({ ...claim, proof: [...proof, root] }));
        if (proof.length > 0) assert.ok(!isIncluded({ ...claim, proof: proof.slice(1) }));
      }),
      { numRuns: 60 },
    );
  });

  it('proves that a tree continues any of its beginnings, and no other tree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.nat(), fc.nat(), async (to, cut, changed) => {
        const from = cut % (to + 1);
        const hashes = numberedLeaves(to);
        const read = readerOver(hashes);
        const [fromRoot, toRoot] = [await rootHash(from, read), await rootHash(to, read)];
        const proof = await consistencyProof(from, to, read);
        assert.ok(isConsistent({ from, to, fromRoot, toRoot, proof }));
        if (from === 0) return;
        const rewritten = [...hashes];
        rewritten[changed % from] = leafHash(Buffer.from('rewritten'));
        const forged = await rootHash(to, readerOver(rewritten));
        const forgedProof = await consistencyProof(from, to, readerOver(rewritten));
        assert.ok(!isConsistent({ from, to, fromRoot, toRoot: forged, proof }));
        assert.ok(!isConsistent({ from, to, fromRoot, toRoot: forged, proof: forgedProof }));
      }),
      { numRuns: 60 },
    );
  });
});

async function hexInclusion(index: number, size: number): Promise<string[]> {
  return (await inclusionProof(index, size, readerOver(leafHashes))).map((hash) => hash.toString('hex'));
}

async function hexConsistency(from: number, to: number): Promise<string[]> {
  return (await consistencyProof(from, to, readerOver(leafHashes))).map((hash) => hash.toString('hex'));
}

function numberedLeaves(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => leafHash(Buffer.from(String(index))));
}

/** The definition of the tree, as slow as it is plain. */
function readerOver(hashes: readonly Buffer[]): NodeReader {
  const read = (level: number, position: number): Buffer => {
    if (level === 0) return hashes[position] ?? assert.fail('a node beyond the tree was read');
    return nodeHash(read(level - 1, position * 2), read(level - 1, position * 2 + 1));
  };
  return async (level, position) => read(level, position);
}
