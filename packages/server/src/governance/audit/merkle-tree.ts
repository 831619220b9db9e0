import { hash } from 'node:crypto';

/** Reads the hash of a complete subtree: the one over the leaves `position·2^level` up to `(position + 1)·2^level`. */
export type NodeReader = (level: number, position: number) => Promise<Buffer>;

/** Hash of a tree without leaves: SHA-256 of nothing. RFC 9162, section 2.1.1. */
export const emptyRoot: Buffer = hash('sha256', '', 'buffer');

const leafPrefix = Buffer.of(0);
const nodePrefix = Buffer.of(1);

/** SHA-256(0x00 ‖ data). RFC 9162, section 2.1.1. */
export function leafHash(data: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([leafPrefix, data]), 'buffer');
}

/** SHA-256(0x01 ‖ left ‖ right). RFC 9162, section 2.1.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([nodePrefix, left, right]), 'buffer');
}

/** The root over the first `size` leaves. */
export async function rootHash(size: number, read: NodeReader): Promise<Buffer> {
  return size === 0 ? emptyRoot : rangeHash(0, size, read);
}

/**
 * The hashes that lead from a leaf to the root of the tree of `size` leaves, the lowest first; at most log2(size) + 1.
 * PATH(index, D[size]) of RFC 9162, section 2.1.3.1. Needs 0 ≤ index < size.
 */
export async function inclusionProof(index: number, size: number, read: NodeReader): Promise<Buffer[]> {
  const proof: Buffer[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + largestPowerOfTwoBelow(end - start);
    if (index < middle) {
      proof.push(await rangeHash(middle, end, read));
      end = middle;
    } else {
      proof.push(await rangeHash(start, middle, read));
      start = middle;
    }
  }
  return proof.reverse();
}

/**
 * The hashes that show that the tree of `to` leaves begins with the tree of `from` leaves; at most log2(to) + 1.
 * PROOF(from, D[to]) of RFC 9162, section 2.1.4.1, empty for `from` = 0 and `from` = `to`. Needs 0 ≤ from ≤ to.
 */
export async function consistencyProof(from: number, to: number, read: NodeReader): Promise<Buffer[]> {
  if (from === 0 || from === to) return [];
  const proof: Buffer[] = [];
  let start = 0;
  let end = to;
  // The old root itself is left out while it is a node of the new tree's left edge: the verifier has it.
  let oldRootIsNode = true;
  while (from < end) {
    const middle = start + largestPowerOfTwoBelow(end - start);
    if (from <= middle) {
      proof.push(await rangeHash(middle, end, read));
      end = middle;
    } else {
      proof.push(await rangeHash(start, middle, read));
      start = middle;
      oldRootIsNode = false;
    }
  }
  if (!oldRootIsNode) proof.push(await rangeHash(start, end, read));
  return proof.reverse();
}

/**
 * The roots of a growing tree, in O(log n) memory: the complete subtrees of the leaves so far, as the binary digits of
 * their number.
 */
export interface GrowingTree {
  readonly size: number;
  append(leaf: Buffer): void;
  root(): Buffer;
}

export function createGrowingTree(): GrowingTree {
  const subtrees: Buffer[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    append(leaf) {
      let merged = leaf;
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
        const left = subtrees.pop();
        if (left !== undefined) merged = nodeHash(left, merged);
      }
      subtrees.push(merged);
      size++;
    },
    root() {
      let root: Buffer | undefined;
      for (const left of subtrees.toReversed()) root = root === undefined ? left : nodeHash(left, root);
      return root ?? emptyRoot;
    },
  };
}

// Every range the proofs ask for begins at a multiple of the power of two it is split by, so that a range whose length is
// a power of two is a node of the tree.
async function rangeHash(start: number, end: number, read: NodeReader): Promise<Buffer> {
  const length = end - start;
  const level = Math.log2(length);
  if (Number.isInteger(level)) return read(level, start / length);
  const middle = start + largestPowerOfTwoBelow(length);
  return nodeHash(await rangeHash(start, middle, read), await rangeHash(middle, end, read));
}

function largestPowerOfTwoBelow(length: number): number {
  let power = 1;
  while (power * 2 < length) power *= 2;
  return power;
}
