/**
 * The place of an assignment key in [0, 1): FNV-1a (Fowler, Noll, Vo) over UTF-8, finished with the 32-bit mixer of
 * MurmurHash3 (Appleby), because FNV alone leaves the high bits of short keys alike. The salt makes the assignments of
 * different rollouts independent, so that the same entities are not always the first to meet a candidate.
 */
export function assignmentPoint(salt: string, key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${salt}\u0000${key}`, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) / 0x1_0000_0000;
}

/**
 * The arm at a point: later arms take the low end, so that a canary whose share grows keeps the keys it has. Weights sum
 * to 1; what rounding leaves over belongs to the first arm.
 */
export function armAt<A extends { readonly weight: number }>(
  arms: readonly A[],
  point: number,
): A | undefined {
  let edge = 0;
  for (let i = arms.length - 1; i > 0; i--) {
    const arm = arms[i];
    edge += arm?.weight ?? 0;
    if (point < edge) return arm;
  }
  return arms[0];
}
