import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonValue } from '@esteira/contracts';
import { createAuditLog, createGovernance, loadDefaultPack } from '../governance/index.ts';
import { createJobQueue } from '../jobs/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { createProjects } from '../projects/index.ts';
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts';
import { createEventBus } from '../storage/events/event-bus.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { openDuckdbTableEngine } from '../storage/tables/duckdb/duckdb-table-engine.ts';
import { createDatasets } from './index.ts';
import type { IngestRequest } from './versions/ingest.ts';

export const ana: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: [], permissions: new Set(['projects:write']) },
  requestId: 'req_1',
};

const quiet = { progress() {}, signal: new AbortController().signal };

/** The room on real engines, with a database in memory and a clock that tests move. */
export async function openDatasets() {
  const sql = await openTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'esteira-datasets-'));
  const blobDirectory = join(directory, 'blobs');
  const blobs = await openFilesystemBlobStore({ directory: blobDirectory, random: systemRandom });
  const tables = await openDuckdbTableEngine({
    directories: [blobDirectory],
    temporaryDirectory: join(directory, 'spill'),
  });
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
    timing: { retryDelay: () => 0, poll: 20 },
  });
  const governance = createGovernance({
    ...shared,
    audit,
    events,
    jobs,
    pack: await loadDefaultPack(),
    rates: { currency: 'USD', pricePerCpuHour: 0.04, pricePerGigabyteMonth: 0.02 },
  });
  const projects = createProjects({ ...shared, audit, events });
  const { lineage } = governance;
  const datasets = createDatasets({ ...shared, blobs, tables, jobs, events, audit, lineage, projects });

  return {
    sql,
    blobs,
    blobDirectory,
    tables,
    clock,
    jobs,
    events,
    audit,
    lineage,
    projects,
    datasets,
    land: (dataset: string, bytes: Uint8Array | string, fileName = 'rows.csv') =>
      datasets.landFile(ana, { dataset, fileName, bytes: streamOf(bytes) }),
    ingest: (request: Partial<IngestRequest> & { dataset: string }) =>
      datasets.ingest(ana, { deduplicate: false, ...request }, quiet),
    saveContract: (dataset: string, document: JsonValue) => datasets.saveContract(ana, { dataset, document }),
    /** The bytes of a Parquet file with the result of a query. */
    async parquet(select: string): Promise<Uint8Array> {
      const path = join(await blobs.temporaryDirectory(), 'made.parquet');
      await tables.writeParquet(select, path);
      return readFile(path);
    },
    async close() {
      await jobs.stop();
      await tables.close();
      await sql.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type DatasetsFixture = Awaited<ReturnType<typeof openDatasets>>;

export async function* streamOf(bytes: Uint8Array | string): AsyncIterable<Uint8Array> {
  const buffer = Buffer.from(bytes);
  for (let start = 0; start < buffer.length; start += 1 << 16)
    yield buffer.subarray(start, start + (1 << 16));
}

/** A contract for one table, around the properties given. */
export function contractOf(object: { readonly [key: string]: JsonValue }): JsonValue {
  return {
    apiVersion: 'v3.1.0',
    kind: 'DataContract',
    id: 'contract',
    version: '1.0.0',
    status: 'active',
    schema: [{ name: 'rows', ...object }],
  };
}
