import { esteiraError } from '../../kernel/errors.ts';
import { type NodeReader, nodeHash } from './merkle-tree.ts';

/**
 * 256 neighbouring hashes of one of the levels 0, 8, 16, … of the tree, fewer at its right edge. The levels between are
 * computed. The division is that of C2SP tlog-tiles (https://c2sp.org/tlog-tiles): `level` 1 holds the roots of the
 * full tiles of level 0.
 */
export interface MerkleTile {
  readonly level: number;
  readonly position: number;
  readonly hashes: readonly Buffer[];
}

/** Finds the stored hashes of a tile; empty when there is none. */
export type TileLoader = (level: number, position: number) => Promise<readonly Buffer[]>;

export const tileWidth = 256;
const tileHeight = 8;

/** The tiles that change when leaves are added to a tree of `size` leaves, lower levels first. Throws AUDIT_LOG_BROKEN. */
export async function appendLeaves(
  size: number,
  leaves: readonly Buffer[],
  load: TileLoader,
): Promise<MerkleTile[]> {
  const changed: MerkleTile[] = [];
  let level = 0;
  let count = size;
  let added = leaves;
  while (added.length > 0) {
    const full: Buffer[] = [];
    let position = Math.floor(count / tileWidth);
    let hashes = count % tileWidth === 0 ? [] : [...(await load(level, position))];
    if (hashes.length !== count % tileWidth) throw brokenTile(level, position);
    for (const hash of added) {
      hashes.push(hash);
      if (hashes.length < tileWidth) continue;
      changed.push({ level, position, hashes });
      full.push(subtreeRoot(hashes));
      position++;
      hashes = [];
    }
    if (hashes.length > 0) changed.push({ level, position, hashes });
    count = Math.floor(count / tileWidth);
    added = full;
    level++;
  }
  return changed;
}

/** Reads nodes of the tree from its tiles, each loaded once. The reader throws AUDIT_LOG_BROKEN where a hash is missing. */
export function nodesOfTiles(load: TileLoader): NodeReader {
  const loaded = new Map<string, readonly Buffer[]>();
  return async (level, position) => {
    const tileLevel = Math.floor(level / tileHeight);
    const width = 2 ** (level % tileHeight);
    const tilePosition = Math.floor((position * width) / tileWidth);
    const key = `${tileLevel}/${tilePosition}`;
    const hashes = loaded.get(key) ?? (await load(tileLevel, tilePosition));
    loaded.set(key, hashes);
    const offset = (position * width) % tileWidth;
    const covered = hashes.slice(offset, offset + width);
    if (covered.length < width) throw brokenTile(tileLevel, tilePosition);
    return subtreeRoot(covered);
  };
}

/** The root over 2^k neighbouring hashes. */
function subtreeRoot(hashes: readonly Buffer[]): Buffer {
  let level = hashes;
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let index = 0; index < level.length; index += 2) {
      above.push(nodeHash(level[index] as Buffer, level[index + 1] as Buffer));
    }
    level = above;
  }
  return level[0] as Buffer;
}

function brokenTile(level: number, position: number): Error {
  return esteiraError('AUDIT_LOG_BROKEN', { problem: `tile ${position} of level ${level} is incomplete` });
}
