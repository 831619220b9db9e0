import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type {
  AuditCheckpoint,
  AuditConsistencyProof,
  AuditEntry,
  AuditInclusionProof,
  AuditVerification,
} from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/logger.ts';
import { pagesById } from '../../kernel/paging.ts';
import { type HeldLease, type LeaseHold, LeaseLost, type Leases } from '../../storage/sql/lease.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { type AuditRecord, canonicalEntry, entryLeafHash, entryOf, parseEntry } from './audit-entry.ts';
import { sealEntries, signedHead } from './audit-sealer.ts';
import {
  type AuditFilter,
  type AuditRow,
  findSealedEntry,
  insertEntry,
  lastHead,
  listEntries,
  loadTile,
} from './audit-store.ts';
import { type AuditAnchor, verifyLog } from './audit-verification.ts';
import { type CheckpointSigner, createCheckpointSigner, type LogHead } from './checkpoint.ts';
import { isConsistent, isIncluded } from './merkle-proof.ts';
import { nodesOfTiles } from './merkle-tile.ts';
import { consistencyProof, inclusionProof, rootHash } from './merkle-tree.ts';

const pages = pagesById('audit');

/**
 * The tamper-evident record of changes: rows written in the transaction of the change, sealed within a second into one
 * Merkle log (RFC 9162) whose heads are signed, by one of the processes on the database at a time. What the log cannot see by itself, that its end was cut off, shows
 * against a checkpoint kept elsewhere.
 */
export interface AuditLog {
  /** Inserts a row; part of the caller's transaction. Credentials in the details are removed. */
  record(tx: SqlTransaction, context: RequestContext, record: AuditRecord): Promise<void>;
  /** Rows of a workspace, newest first. Throws INVALID_REQUEST for a foreign cursor. */
  list(
    workspace: string,
    filter: AuditFilter,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<AuditPage>;
  /** Seals every committed row now; returns how many. Throws AUDIT_LOG_BROKEN. */
  seal(): Promise<number>;
  /** Hashes everything anew; the answer is a value, also when it is "no". */
  verify(anchor?: AuditAnchor): Promise<AuditVerification>;
  /** The newest signed head; seals first when nothing was ever sealed. Throws AUDIT_LOG_BROKEN. */
  checkpoint(): Promise<AuditCheckpoint>;
  /** Throws AUDIT_ENTRY_NOT_FOUND, AUDIT_LOG_BROKEN. */
  inclusionProof(workspace: string, index: number): Promise<AuditInclusionProof>;
  /** Throws AUDIT_RANGE_INVALID, AUDIT_LOG_BROKEN. */
  consistencyProof(from: number, to: number): Promise<AuditConsistencyProof>;
  /** From now on, while no other process does it: seals what was left over, then shortly after each commit with a row. */
  start(): Promise<void>;
  /** Seals the rest and stops. */
  stop(): Promise<void>;
}

interface AuditPage {
  readonly items: AuditEntry[];
  readonly nextCursor?: string;
}

export interface AuditLogDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  /** Ed25519 private key. */
  readonly signingKey: KeyObject;
  /** Decides which of several processes seals. Without it, this one does. */
  readonly leases?: Leases;
}

// Half of the second that is promised; the commits of this time share one head.
const sealDelayMs = 500;
// In case an announcement of another process was lost.
const sealPollMs = 900;

export function createAuditLog(deps: AuditLogDeps): AuditLog {
  const { sql } = deps;
  const signer = createCheckpointSigner(deps.signingKey);
  let endSealing: (() => Promise<void>) | undefined;
  let sealing: Promise<unknown> = Promise.resolve();

  // One after the other: two at once would only wait for each other's transactions.
  function seal(held?: Pick<HeldLease, 'guard'>): Promise<number> {
    const next = sealing.then(() => sealEntries(sql, signer, held));
    sealing = next.catch(() => {});
    return next;
  }

  /** Seals what is there, then what comes until the signal aborts, then the rest. */
  async function sealWhile(held: Pick<HeldLease, 'signal' | 'guard'>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const sealNow = () =>
      seal(held).catch((error: unknown) =>
        deps.logger.error({ err: error }, 'the audit log could not be sealed'),
      );
    const endListening = sql.listen('audit', () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void sealNow();
      }, sealDelayMs);
    });
    const poll = sql.capabilities.manyWriters ? setInterval(sealNow, sealPollMs).unref() : undefined;
    await seal(held);
    if (!held.signal.aborted) await once(held.signal, 'abort');
    endListening();
    clearInterval(poll);
    clearTimeout(timer);
    // A lease that was lost is somebody else's, and so is the rest.
    if (!(held.signal.reason instanceof LeaseLost)) await seal(held);
  }

  return {
    seal: () => seal(),

    async record(tx, context, record) {
      const entry = entryOf(context, record, { id: deps.ids.next('aud'), at: deps.clock.now() });
      await insertEntry(tx, entry, canonicalEntry(entry));
      tx.announce('audit');
    },

    async list(workspace, filter, page) {
      const place = { limit: page.limit + 1, ...pages.before(page.cursor) };
      return pages.of(await listEntries(sql, workspace, filter, place), page.limit, rowToEntry);
    },

    verify: (anchor) => verifyLog(sql, signer, anchor),

    async checkpoint() {
      if ((await lastHead(sql)) === undefined) await seal();
      const head = await signedHead(sql, signer);
      return { ...describeHead(head), checkpoint: signer.sign(head), verifierKey: signer.verifierKey };
    },

    inclusionProof: (workspace, index) => proveInclusion(sql, signer, workspace, index),
    consistencyProof: (from, to) => proveConsistency(sql, signer, from, to),

    async start() {
      if (deps.leases !== undefined) {
        const hold: LeaseHold = deps.leases.hold('audit', sealWhile);
        endSealing = () => hold.stop();
        return await hold.asked;
      }
      await seal();
      const stopping = new AbortController();
      const ended = sealWhile({ signal: stopping.signal, guard: async () => {} });
      endSealing = () => {
        stopping.abort();
        return ended;
      };
    },

    async stop() {
      await endSealing?.();
    },
  };
}

// No proof leaves that does not verify: a damaged tree must not pass for a strange one.
async function proveInclusion(
  sql: SqlDatabase,
  signer: CheckpointSigner,
  workspace: string,
  index: number,
): Promise<AuditInclusionProof> {
  const row = await findSealedEntry(sql, workspace, index);
  const head = await signedHead(sql, signer);
  if (row === undefined || index >= head.size) throw esteiraError('AUDIT_ENTRY_NOT_FOUND', { index });
  const leafHash = entryLeafHash(row.entry);
  const proof = await inclusionProof(index, head.size, nodesOf(sql));
  if (!isIncluded({ index, size: head.size, leafHash, proof, root: head.root })) {
    throw esteiraError('AUDIT_LOG_BROKEN', {
      problem: `row ${index} is not in the tree signed at ${head.size}`,
    });
  }
  return {
    index,
    entry: row.entry,
    leafHash: leafHash.toString('hex'),
    hashes: proof.map((hash) => hash.toString('hex')),
    ...describeHead(head),
    checkpoint: signer.sign(head),
  };
}

async function proveConsistency(
  sql: SqlDatabase,
  signer: CheckpointSigner,
  from: number,
  to: number,
): Promise<AuditConsistencyProof> {
  const { size } = await signedHead(sql, signer);
  if (from > to || to > size) throw esteiraError('AUDIT_RANGE_INVALID', { from, to, size });
  const read = nodesOf(sql);
  const fromRoot = await rootHash(from, read);
  const toRoot = await rootHash(to, read);
  const proof = await consistencyProof(from, to, read);
  if (!isConsistent({ from, to, fromRoot, toRoot, proof })) {
    throw esteiraError('AUDIT_LOG_BROKEN', {
      problem: `the tree at ${to} does not continue the tree at ${from}`,
    });
  }
  return {
    from,
    to,
    fromRootHash: fromRoot.toString('hex'),
    toRootHash: toRoot.toString('hex'),
    hashes: proof.map((hash) => hash.toString('hex')),
  };
}

function nodesOf(sql: SqlDatabase) {
  return nodesOfTiles((level, position) => loadTile(sql, level, position));
}

function describeHead(head: LogHead): { size: number; rootHash: string } {
  return { size: head.size, rootHash: head.root.toString('hex') };
}

function rowToEntry(row: AuditRow): AuditEntry {
  const { id, at, action, actor, subject, requestId, details } = parseEntry(row.entry);
  const place = row.leaf_index === null ? {} : { index: row.leaf_index };
  return { id, at, action, actor, subject, requestId, details, ...place };
}
