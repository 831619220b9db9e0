import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditVerification } from '@esteira/contracts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { entryLeafHash } from './audit-entry.ts';
import {
  type AuditRow,
  columnsAgree,
  countUnsealed,
  headsAbove,
  lastHead,
  type StoredHead,
  sealedEntries,
  tileText,
  tileToText,
} from './audit-store.ts';
import type { CheckpointSigner } from './checkpoint.ts';
import { appendLeaves, type MerkleTile, tileWidth } from './merkle-tile.ts';
import { createGrowingTree } from './merkle-tree.ts';

/** A head kept outside the server. Only it shows that the end of the log was cut off together with its signatures. */
export interface AuditAnchor {
  readonly size: number;
  /** Hexadecimal. */
  readonly rootHash: string;
}

interface Problem {
  readonly index: number;
  readonly problem: string;
}

const pageSize = 200;
const maxProblems = 20;

/**
 * Hashes every sealed row anew and compares: the place of each row, its columns, the stored tree, the root and signature
 * of every head. What was sealed while it ran is left for the next time. Bounded memory; yields to the event loop.
 */
export async function verifyLog(
  sql: SqlDatabase,
  signer: CheckpointSigner,
  anchor: AuditAnchor | undefined,
): Promise<AuditVerification> {
  const problems: Problem[] = [];
  const tree = createGrowingTree();
  const tiles = createTileCheck(sql, problems);
  const end = (await lastHead(sql))?.size ?? 0;
  let heads: readonly StoredHead[] = [];
  let signedHeads = 0;
  let rootsAgree = true;

  if (anchor?.size === 0 && anchor.rootHash !== tree.root().toString('hex'))
    problems.push(differsFromAnchor(0));
  while (tree.size < end && problems.length < maxProblems) {
    const rows = await sealedEntries(sql, tree.size, Math.min(pageSize, end - tree.size));
    const leaves: Buffer[] = [];
    const first = tree.size;
    for (const row of rows) {
      const index = first + leaves.length;
      if (row.leaf_index !== index) break;
      const problem = problemOfRow(row);
      if (problem !== undefined) problems.push({ index, problem });
      const leaf = entryLeafHash(row.entry);
      leaves.push(leaf);
      tree.append(leaf);
      if (heads[0] === undefined) heads = await headsAbove(sql, index, pageSize);
      if (heads[0]?.size === tree.size) {
        const head = heads[0];
        heads = heads.slice(1);
        signedHeads++;
        const unsigned = problemOfHead(head, signer);
        if (unsigned !== undefined) problems.push({ index: head.size - 1, problem: unsigned });
        // After the first bad row every later root differs too and says nothing more.
        if (rootsAgree && head.rootHash !== tree.root().toString('hex')) {
          rootsAgree = false;
          const problem = `the rows differ from the head signed at ${head.size}, here or before`;
          problems.push({ index: head.size - 1, problem });
        }
      }
      if (anchor?.size === tree.size && anchor.rootHash !== tree.root().toString('hex')) {
        problems.push(differsFromAnchor(anchor.size));
      }
    }
    await tiles.add(first, leaves);
    if (leaves.length < Math.min(pageSize, end - first)) {
      problems.push({ index: tree.size, problem: 'the row is missing' });
      break;
    }
    await nextTurn();
  }
  if (tree.size === end) {
    await tiles.finish();
    const [beyond] = await sealedEntries(sql, end, 1);
    const newest = (await lastHead(sql))?.size ?? 0;
    if (beyond !== undefined && newest === end)
      problems.push({ index: end, problem: 'no signed head covers the row' });
    if (anchor !== undefined && anchor.size > end) {
      problems.push({
        index: end,
        problem: `the log ends here, but had ${anchor.size} rows when the given head was exported`,
      });
    }
  }
  problems.sort((a, b) => a.index - b.index);
  return {
    ok: problems.length === 0,
    size: tree.size,
    rootHash: tree.root().toString('hex'),
    signedHeads,
    unsealed: await countUnsealed(sql),
    problems: problems.slice(0, maxProblems),
  };
}

function problemOfRow(row: AuditRow): string | undefined {
  try {
    return columnsAgree(row) ? undefined : 'a column of the row differs from the sealed text';
  } catch {
    return 'the text of the row is not JSON';
  }
}

function problemOfHead(head: StoredHead, signer: CheckpointSigner): string | undefined {
  const signed = signer.open(head.checkpoint);
  if (signed === undefined) return `the signature of the head at ${head.size} does not hold`;
  if (signed.size !== head.size || signed.root.toString('hex') !== head.rootHash) {
    return `the head at ${head.size} differs from its signed text`;
  }
  return undefined;
}

function differsFromAnchor(size: number): Problem {
  return {
    index: Math.max(0, size - 1),
    problem: `the rows differ from the given head of size ${size}, here or before`,
  };
}

interface TileCheck {
  add(first: number, leaves: readonly Buffer[]): Promise<void>;
  finish(): Promise<void>;
}

/** Builds the tree again beside the stored one; of each level only the tile that still grows is held. */
function createTileCheck(sql: SqlDatabase, problems: Problem[]): TileCheck {
  const growing = new Map<number, MerkleTile>();

  async function compare(tile: MerkleTile): Promise<void> {
    const expected = tileToText(tile);
    const stored = (await tileText(sql, tile.level, tile.position)).slice(0, expected.length);
    if (stored === expected) return;
    for (let offset = 0; offset < tile.hashes.length; offset++) {
      const hash = stored.slice(offset * 64, offset * 64 + 64);
      if (hash === tile.hashes[offset]?.toString('hex')) continue;
      const index = (tile.position * tileWidth + offset) * tileWidth ** tile.level;
      const what =
        tile.level === 0
          ? 'the row differs from the sealed tree'
          : 'the stored tree is damaged above the row';
      if (problems.length < maxProblems) problems.push({ index, problem: what });
    }
  }

  return {
    async add(first, leaves) {
      const changed = await appendLeaves(first, leaves, async (level) => growing.get(level)?.hashes ?? []);
      for (const tile of changed) {
        if (tile.hashes.length < tileWidth) {
          growing.set(tile.level, tile);
        } else {
          growing.delete(tile.level);
          await compare(tile);
        }
      }
    },
    async finish() {
      for (const tile of growing.values()) await compare(tile);
    },
  };
}
