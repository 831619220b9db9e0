import { hostname } from 'node:os';
import type { Config } from '@esteira/contracts';
import type { DataDirectory } from './data-directory.ts';
import { systemClock } from './kernel/clock.ts';
import { createIdGenerator } from './kernel/ids.ts';
import type { Logger } from './kernel/logger.ts';
import { systemRandom } from './kernel/random-source.ts';
import { migrations } from './migrations/index.ts';
import { createSharedSecrets } from './storage/secrets/shared-secret.ts';
import { openDatabaseClock } from './storage/sql/database-clock.ts';
import { createLeases } from './storage/sql/lease.ts';
import { migrate } from './storage/sql/migrator.ts';
import { createReplicaRegistry } from './storage/sql/replica-registry.ts';
import type { SqlDatabase } from './storage/sql/sql-database.ts';
import { openSqliteDatabase } from './storage/sql/sqlite/open-sqlite-database.ts';

/** As told by its package; all packages have one version. */
const version = '0.1.0';

// A folder has one server: nobody waits for a lease, and an idle disk stays idle.
const alone = { leases: { lease: 120_000, renew: 60_000 }, signsOfLifeMs: 60_000 };

/**
 * Opens the database, of this server alone in its folder or shared by replicas, and what servers on one database agree by:
 * one clock, leases, secrets, and who they are. Throws BAD_CONFIG, DATABASE_UNAVAILABLE, SCHEMA_TOO_NEW.
 */
export async function openReplica(options: {
  config: Config;
  folder: DataDirectory;
  logger: Logger;
  observe(sql: SqlDatabase): SqlDatabase;
}) {
  const { config, folder, logger } = options;
  const random = systemRandom;
  const sql = options.observe(await openSql(config, folder, logger));
  try {
    const shared = sql.capabilities.manyWriters;
    const followed = shared
      ? await openDatabaseClock({ database: sql, system: systemClock, logger })
      : undefined;
    const clock = followed ?? systemClock;
    await migrate(sql, migrations, clock);
    const ids = createIdGenerator({ clock, random });
    const owner = `${folder.installationId}:${ids.next('process')}`;
    const leases = createLeases({
      database: sql,
      clock,
      logger,
      owner,
      ...(shared ? {} : { timing: alone.leases }),
    });
    const replicas = createReplicaRegistry({
      database: sql,
      clock,
      logger,
      id: folder.installationId,
      host: hostname(),
      version,
      clockOffset: () => followed?.offset() ?? 0,
      ...(shared ? {} : { interval: alone.signsOfLifeMs }),
    });
    const secrets = shared
      ? createSharedSecrets({ database: sql, clock, random, keyFile: config.blobKeys })
      : undefined;
    return {
      sql,
      clock,
      ids,
      owner,
      leases,
      replicas,
      /** How far this machine's clock is ahead of the one that is followed, ms. */
      clockOffset: () => followed?.offset() ?? 0,
      /** Undefined where no other server shares the database. */
      secrets,
      async close() {
        await replicas.stop();
        await leases.stop();
        followed?.stop();
        await sql.close();
      },
    };
  } catch (error) {
    await sql.close();
    throw error;
  }
}

async function openSql(config: Config, folder: DataDirectory, logger: Logger): Promise<SqlDatabase> {
  if (config.databaseUrl === undefined) return openSqliteDatabase({ path: folder.database, logger });
  const { openPostgresDatabase } = await import('./storage/sql/postgres/open-postgres-database.ts');
  const { databaseUrl, databasePoolSize: poolSize } = config;
  // Asked for each session: its password may have been replaced.
  const url = (): string => config.databaseUrl ?? databaseUrl;
  return await openPostgresDatabase({ url, poolSize, random: systemRandom, logger });
}
