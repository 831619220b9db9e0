import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GarbageReport, type HoldSubject, retentionApi } from '@esteira/contracts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import type { BlobStore, DirectoryEntry, StoredBlob } from '../../storage/blobs/blob-store.ts';
import { openFilesystemBlobStore } from '../../storage/blobs/filesystem/filesystem-blob-store.ts';
import { guardBlobStore } from '../../storage/blobs/guard-blob-store.ts';
import { createLeases } from '../../storage/sql/lease.ts';
import { openGovernanceFixture } from '../governance.fixture.ts';
import { createLegalHolds } from './legal-holds.ts';
import { createRetention } from './retention.ts';
import type { RemovableThing, RoomRetention } from './room-retention.ts';

export const hour = 3_600_000;
export const day = 24 * hour;

/** A thing of the room that tests fill: what refers to content, and what a policy may remove. */
export interface TestThing {
  readonly id: string;
  readonly at: number;
  readonly content: RemovableThing['content'];
  readonly within?: readonly HoldSubject[];
  readonly kept?: 'newest';
}

/**
 * Retention over a database, files in a temporary folder and one room that is a map of things (trained models). The
 * clock begins now, because files carry the time of the system. `spoil` puts something between collector and files; `open`
 * opens another store, whose content keeps the time it was really stored at.
 */
export async function openRetentionFixture(
  options: { spoil?: (blobs: BlobStore) => BlobStore; open?: (directory: string) => Promise<BlobStore> } = {},
) {
  const fixture = await openGovernanceFixture();
  const { sql, time, audit, jobs, governance } = fixture;
  time.now = Date.now();
  const directory = await mkdtemp(join(tmpdir(), 'esteira-retention-'));
  const plain =
    (await options.open?.(join(directory, 'blobs'))) ??
    (await openFilesystemBlobStore({ directory: join(directory, 'blobs'), random: systemRandom }));
  const { clock, ids } = fixture.deps;
  const blobs = guardBlobStore(options.spoil?.(plain) ?? plain, { database: sql, clock });
  const leases = createLeases({ database: sql, clock, logger: silentLogger, owner: 'inst_1:process_1' });
  const holds = createLegalHolds({ sql, clock, ids, audit });
  const retention = createRetention({
    ...fixture.deps,
    blobs,
    jobs,
    leases,
    changes: governance.changes,
    holds,
    currency: 'USD',
    directory: join(directory, 'collection'),
    keepFresh: async () => {},
  });
  const things = new Map<string, TestThing>();
  const inUse = new Map<string, 'registered' | 'served'>();
  retention.register(roomOf(things, inUse));
  await jobs.start();

  /** Content that counts as stored at the time of the fixture's clock. */
  async function put(text: string): Promise<StoredBlob> {
    return await dated(await blobs.put(once(Buffer.from(text))));
  }

  async function putDirectory(entries: readonly DirectoryEntry[]): Promise<StoredBlob> {
    return await dated(await blobs.putDirectory(entries));
  }

  async function dated(blob: StoredBlob): Promise<StoredBlob> {
    if (options.open === undefined)
      await utimes(await plain.localFile(blob.digest), new Date(time.now), new Date(time.now));
    return blob;
  }

  async function collect(dryRun = false): Promise<GarbageReport> {
    const id = await retention.collect(fixture.owner, { dryRun });
    const job = await jobs.wait('default', id);
    if (job.state !== 'succeeded')
      throw new Error(`the collection ${job.state}: ${JSON.stringify(job.error)}`);
    return retentionApi.garbageCollections.response.shape.items.element.shape.report.parse(job.result);
  }

  return {
    ...fixture,
    blobs,
    plain,
    directory,
    leases,
    holds,
    retention,
    things,
    inUse,
    put,
    putDirectory,
    collect,
    has: async (digest: string) => (await plain.stat(digest)) !== undefined,
    async close() {
      await fixture.close();
      await leases.stop();
      await plain.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function roomOf(
  things: Map<string, TestThing>,
  inUse: ReadonlyMap<string, 'registered' | 'served'>,
): RoomRetention {
  return {
    columns: [],
    async *references() {
      for (const { content } of things.values())
        for (const { digest, type } of content)
          yield { digest, type, workspace: 'default', kind: 'trained-models' };
    },
    async *inUse() {
      for (const [id, because] of inUse) yield { workspace: 'default', id, because };
    },
    removable: [
      {
        kind: 'trained-models',
        batch: 2,
        async page(_sql, { before, after, limit }) {
          const found = [...things.values()].filter(({ at, id }) => at < before && id > (after ?? ''));
          const sorted = found.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
          return sorted.map(({ id, at, content, within = [], kept }) => ({
            key: id,
            at,
            project: null,
            things: [{ kind: 'trained-model' as const, id }],
            ends: true,
            within,
            bytes: 10,
            content,
            ...(kept === undefined ? {} : { kept }),
          }));
        },
        async remove(_tx, _workspace, keys) {
          for (const key of keys) things.delete(key);
        },
      },
    ],
  };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
