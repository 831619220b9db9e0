import { join } from 'node:path';
import type { Config } from '@esteira/contracts';
import { readCodeIdentity } from './code-identity.ts';
import type { DataDirectory } from './data-directory.ts';
import { openSharedSigningKey, openSigningKey } from './governance/index.ts';
import type { Environment } from './kernel/environment.ts';
import { createLogger } from './kernel/logger.ts';
import { noMeter } from './kernel/meter.ts';
import { openTracer } from './kernel/open-telemetry-tracer.ts';
import { createPrometheusMeter } from './kernel/prometheus-meter.ts';
import { systemRandom } from './kernel/random-source.ts';
import { openReplica } from './open-replica.ts';
import { guardBlobStore } from './storage/blobs/guard-blob-store.ts';
import { observeBlobStore } from './storage/blobs/observed-blob-store.ts';
import { openBlobStore } from './storage/blobs/open-blob-store.ts';
import { createEventBus } from './storage/events/event-bus.ts';
import { openCacheAndLimits } from './storage/open-cache-and-limits.ts';
import { observeSqlDatabase } from './storage/sql/observed-sql-database.ts';
import { createLazyTableEngine, type LazyTableEngine } from './storage/tables/lazy-table-engine.ts';
import { tableEngineObserver } from './storage/tables/observed-table-engine.ts';

/** What comes in a shipment is a few megabytes, and files are joined in a stream. */
const mostLogMemoryMb = 256;

export type Engines = Awaited<ReturnType<typeof openEngines>>;

/**
 * Opens what the rooms stand on, as the configuration chooses it, and each watched: the database and who shares it, blobs,
 * tables, cache and limits, events, the signing key. Throws BAD_CONFIG, DATABASE_UNAVAILABLE, SCHEMA_TOO_NEW.
 */
export async function openEngines(config: Config, environment: Environment, folder: DataDirectory) {
  const random = systemRandom;
  const logger = createLogger(config.logLevel);
  const tracer = await openTracer(environment, logger);
  const prometheus = config.metricsToken === undefined ? undefined : await createPrometheusMeter({ logger });
  const watch = { meter: prometheus ?? noMeter, tracer };

  const [replica, code] = await Promise.all([
    openReplica({ config, folder, logger, observe: (opened) => observeSqlDatabase(opened, watch) }),
    readCodeIdentity({
      directory: import.meta.dirname,
      configuredCommit: config.codeCommit,
      nodeVersion: process.version,
    }),
  ]);
  const { sql, clock, ids, leases, owner, replicas, secrets, clockOffset } = replica;
  const opened = await openBlobStore({ config, directory: folder.blobs, clock, random, logger });
  const storedBlobs = observeBlobStore(opened.blobs, watch);
  const blobs = guardBlobStore(storedBlobs, { database: sql, clock });
  const observeTables = tableEngineObserver(watch);
  const lazyTables = lazyTableEngine(folder, {
    temporaryDirectory: folder.tables,
    memoryMb: config.tableMemoryMb,
  });
  const tables = observeTables(lazyTables);
  // The log is taken in while callers are answered, so it never has more than one processor.
  const lazyLogTables = lazyTableEngine(folder, {
    temporaryDirectory: join(folder.tables, 'log'),
    memoryMb: Math.min(config.tableMemoryMb, mostLogMemoryMb),
    threads: 1,
    keepsFiles: false,
  });
  const logTables = observeTables(lazyLogTables);
  const monotonic = (): number => performance.now();
  const accelerators = await openCacheAndLimits({
    redisUrl: config.redisUrl,
    database: sql,
    clock,
    random,
    monotonic,
    logger,
  });
  const events = createEventBus({ database: sql, clock, ids, logger, leases });
  const signingKey =
    secrets === undefined
      ? await openSigningKey(folder.signingKey, random)
      : await openSharedSigningKey(folder.signingKey, random, secrets.open);

  return {
    sql,
    blobs,
    /** Without the guard against collection: what an archive is read from. */
    storedBlobs,
    blobKeys: opened.blobKeys,
    tables,
    /** For the intake of the prediction log alone. */
    logTables,
    lazyTables,
    lazyLogTables,
    cache: accelerators.cache,
    limits: accelerators.limits,
    /** False while the server has to do without its Redis. */
    redisAvailable: () => accelerators.available(),
    events,
    clock,
    monotonic,
    ids,
    random,
    logger,
    watch,
    prometheus,
    code,
    leases,
    owner,
    replicas,
    secrets,
    clockOffset,
    signingKey,

    /** After everything that uses them has ended. */
    async close() {
      await tables.close();
      await logTables.close();
      await blobs.close();
      await accelerators.close();
      await replica.close();
      await tracer.stop();
    },
  };
}

function lazyTableEngine(
  folder: DataDirectory,
  options: {
    readonly temporaryDirectory: string;
    readonly memoryMb: number;
    readonly threads?: number;
    readonly keepsFiles?: boolean;
  },
): LazyTableEngine {
  const { memoryMb, ...rest } = options;
  return createLazyTableEngine(async () => {
    const { openDuckdbTableEngine } = await import('./storage/tables/duckdb/duckdb-table-engine.ts');
    return await openDuckdbTableEngine({
      ...rest,
      directories: [folder.blobs],
      memoryLimit: `${memoryMb}MB`,
    });
  });
}
