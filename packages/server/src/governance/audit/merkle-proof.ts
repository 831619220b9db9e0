import { emptyRoot, nodeHash } from './merkle-tree.ts';

/** Whether the proof leads from the leaf to the root. The algorithm of RFC 9162, section 2.1.3.2. */
export function isIncluded(claim: {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Buffer;
  readonly proof: readonly Buffer[];
  readonly root: Buffer;
}): boolean {
  if (claim.index >= claim.size) return false;
  let node = claim.index;
  let last = claim.size - 1;
  let hash = claim.leafHash;
  for (const sibling of claim.proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && hash.equals(claim.root);
}

/** Whether the log at `to` only adds to the log at `from`. The algorithm of RFC 9162, section 2.1.4.2. */
export function isConsistent(claim: {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Buffer;
  readonly toRoot: Buffer;
  readonly proof: readonly Buffer[];
}): boolean {
  const { from, to, fromRoot, toRoot } = claim;
  if (from > to) return false;
  if (from === to) return claim.proof.length === 0 && fromRoot.equals(toRoot);
  if (from === 0) return claim.proof.length === 0 && fromRoot.equals(emptyRoot);
  const path = Number.isInteger(Math.log2(from)) ? [fromRoot, ...claim.proof] : [...claim.proof];
  const first = path.shift();
  if (first === undefined) return false;
  let node = from - 1;
  let last = to - 1;
  while (node % 2 === 1) {
    node = half(node);
    last = half(last);
  }
  let oldRoot = first;
  let newRoot = first;
  for (const hash of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldRoot = nodeHash(hash, oldRoot);
      newRoot = nodeHash(hash, newRoot);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      newRoot = nodeHash(newRoot, hash);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && oldRoot.equals(fromRoot) && newRoot.equals(toRoot);
}

// Shifting would cut at 32 bits.
function half(value: number): number {
  return Math.floor(value / 2);
}
