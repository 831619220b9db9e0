import { esteiraError } from '../../kernel/errors.ts';
import type { HeldLease } from '../../storage/sql/lease.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { entryLeafHash } from './audit-entry.ts';
import { insertHead, lastHead, loadTile, putTile, setLeafIndex, unsealedEntries } from './audit-store.ts';
import type { CheckpointSigner, LogHead } from './checkpoint.ts';
import { isConsistent } from './merkle-proof.ts';
import { appendLeaves, type MerkleTile, nodesOfTiles } from './merkle-tile.ts';
import { consistencyProof, emptyRoot, rootHash } from './merkle-tree.ts';

// One transaction holds the writer for as long as this many rows take, about 15 ms.
const batchSize = 200;

/**
 * Gives the unsealed rows their places in the log, in the order of their ids, and signs the new head; in batches, each a
 * transaction. Returns how many rows were sealed. Sealers that race take turns: a transaction is serializable, a head has
 * its size once, and a row gets one place. With a lease, one that has lost it seals nothing. Throws AUDIT_LOG_BROKEN,
 * signing nothing, when the stored tree has changed since the last head.
 */
export async function sealEntries(
  sql: SqlDatabase,
  signer: CheckpointSigner,
  held?: Pick<HeldLease, 'guard'>,
): Promise<number> {
  let sealed = 0;
  for (;;) {
    // Looked at outside the transaction first: an idle server takes no write lock.
    if ((await unsealedEntries(sql, 1)).length === 0) return sealed;
    sealed += await sql.transaction(async (tx) => {
      await held?.guard(tx);
      return await sealBatch(tx, signer);
    });
  }
}

async function sealBatch(tx: SqlTransaction, signer: CheckpointSigner): Promise<number> {
  const rows = await unsealedEntries(tx, batchSize);
  if (rows.length === 0) return 0;
  const before = await signedHead(tx, signer);
  const leaves: Buffer[] = [];
  for (const row of rows) {
    await setLeafIndex(tx, row.id, before.size + leaves.length);
    leaves.push(entryLeafHash(row.entry));
  }
  const tiles = await appendLeaves(before.size, leaves, (level, position) => loadTile(tx, level, position));
  const after = await growHead(tx, before, leaves.length, tiles);
  for (const tile of tiles) await putTile(tx, tile);
  const checkpoint = signer.sign(after);
  await insertHead(tx, { size: after.size, rootHash: after.root.toString('hex'), checkpoint });
  return rows.length;
}

/** The newest head, checked against its signature; that of the empty log when there is none. Throws AUDIT_LOG_BROKEN. */
export async function signedHead(sql: SqlReader, signer: CheckpointSigner): Promise<LogHead> {
  const stored = await lastHead(sql);
  if (stored === undefined) return { size: 0, root: emptyRoot };
  const head = signer.open(stored.checkpoint);
  if (head === undefined || head.size !== stored.size || head.root.toString('hex') !== stored.rootHash) {
    throw esteiraError('AUDIT_LOG_BROKEN', {
      problem: `the signature of the head at ${stored.size} does not hold`,
    });
  }
  return head;
}

// A signature says "this is what came before, and more": so the proof of that is made and checked before signing.
async function growHead(
  tx: SqlTransaction,
  before: LogHead,
  added: number,
  tiles: readonly MerkleTile[],
): Promise<LogHead> {
  const changed = new Map(tiles.map((tile) => [`${tile.level}/${tile.position}`, tile.hashes]));
  const read = nodesOfTiles(
    async (level, position) => changed.get(`${level}/${position}`) ?? (await loadTile(tx, level, position)),
  );
  const size = before.size + added;
  const root = await rootHash(size, read);
  const proof = await consistencyProof(before.size, size, read);
  if (!isConsistent({ from: before.size, to: size, fromRoot: before.root, toRoot: root, proof })) {
    throw esteiraError('AUDIT_LOG_BROKEN', {
      problem: `the stored tree is not the one signed at ${before.size}`,
    });
  }
  return { size, root };
}
