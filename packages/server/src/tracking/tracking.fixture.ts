import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuditLog, createGovernance, loadDefaultPack } from '../governance/index.ts';
import { createJobQueue } from '../jobs/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts';
import { createEventBus } from '../storage/events/event-bus.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { createTracking } from './index.ts';

export const ana: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: [], permissions: new Set() },
  requestId: 'req_1',
};

/** The room on a database in memory, with a clock that tests move. */
export async function openTracking() {
  const sql = await openTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'esteira-tracking-'));
  const blobs = await openFilesystemBlobStore({ directory, random: systemRandom });
  const clock = { time: 1_700_000_000_000, now: () => clock.time++ };
  const ids = createIdGenerator({ clock, random: systemRandom });
  const shared = { sql, database: sql, clock, ids, logger: silentLogger };
  const events = createEventBus(shared);
  const audit = createAuditLog({ ...shared, signingKey: generateKeyPairSync('ed25519').privateKey });
  const jobs = createJobQueue({
    ...shared,
    events,
    random: systemRandom,
    installationId: 'inst_1',
    resolveActor: async () => ana.actor,
  });
  const governance = createGovernance({
    ...shared,
    audit,
    events,
    jobs,
    pack: await loadDefaultPack(),
    rates: { currency: 'USD', pricePerCpuHour: 0.04, pricePerGigabyteMonth: 0.02 },
  });
  const openService = () =>
    createTracking({ sql, blobs, events, audit, lineage: governance.lineage, clock, ids });
  const tracking = openService();
  return {
    sql,
    clock,
    ids,
    events,
    audit,
    governance,
    tracking,
    /** The room as another process on the same database would have it. */
    secondService: openService,
    async close() {
      await sql.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
