import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { SqlDatabase, SqlReader } from './sql-database.ts';

interface ReplicaTables {
  replicas: {
    id: string;
    host: string;
    version: string;
    started_at: number;
    last_seen_at: number;
    clock_offset: number;
    url: string | null;
    inner_url: string | null;
  };
}

/** Where a server takes requests. */
interface ReplicaAddress {
  /** As people and other machines ask it. */
  readonly url: string;
  /** As processes of its own machine ask it. */
  readonly innerUrl: string;
}

/** A server on the database, by its last sign of life. */
interface Replica {
  /** That of its data directory: it stays over restarts. */
  readonly id: string;
  readonly host: string;
  readonly version: string;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  /** How far the clock of its machine is ahead of the database's, ms. */
  readonly clockOffset: number;
  /** Undefined where none was given. */
  readonly address: ReplicaAddress | undefined;
}

/** Who runs on the database. */
export interface ReplicaRegistry {
  readonly id: string;
  /** Signs in; then gives a sign of life every few seconds. */
  start(address?: ReplicaAddress): Promise<void>;
  /** Every replica that has not signed off, by its id. */
  list(): Promise<readonly Replica[]>;
  /** Those that gave a sign of life lately, this one included. */
  alive(): Promise<readonly Replica[]>;
  /** Forgets those that were last seen before a time; returns their ids. */
  forget(before: number): Promise<readonly string[]>;
  /** Signs off. */
  stop(): Promise<void>;
}

/** Three signs may be lost. */
const replicaAliveMs = 20_000;

export function createReplicaRegistry(deps: {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly id: string;
  readonly host: string;
  readonly version: string;
  readonly clockOffset: () => number;
  /** Milliseconds between signs of life; 5,000 unless given. */
  readonly interval?: number;
}): ReplicaRegistry {
  const { database, clock, logger, id, host, version } = deps;
  const hot = { isolation: 'read-committed' } as const;
  let timer: NodeJS.Timeout | undefined;
  let startedAt = 0;
  let known: ReplicaAddress | undefined;

  async function signOfLife(): Promise<void> {
    const seen = { last_seen_at: clock.now(), clock_offset: deps.clockOffset() };
    const address = { url: known?.url ?? null, inner_url: known?.innerUrl ?? null };
    const row = { host, version, started_at: startedAt, ...seen, ...address };
    await database.transaction(async (tx) => {
      await tx
        .query<ReplicaTables>()
        .insertInto('replicas')
        .values({ id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
    }, hot);
  }

  async function list(since = 0): Promise<readonly Replica[]> {
    const rows = await selectReplicas(database).where('last_seen_at', '>=', since).execute();
    return rows.map((row) => ({
      id: row.id,
      host: row.host,
      version: row.version,
      startedAt: row.started_at,
      lastSeenAt: row.last_seen_at,
      clockOffset: row.clock_offset,
      address:
        row.url === null || row.inner_url === null ? undefined : { url: row.url, innerUrl: row.inner_url },
    }));
  }

  return {
    id,

    async start(address) {
      known = address;
      startedAt = clock.now();
      await signOfLife();
      timer = setInterval(() => {
        signOfLife().catch((error: unknown) =>
          logger.warn({ err: error }, 'this server could not give the others a sign of life'),
        );
      }, deps.interval ?? 5_000).unref();
    },

    list: () => list(),
    alive: () => list(clock.now() - replicaAliveMs),

    forget: (before) =>
      database.transaction(async (tx) => {
        const rows = await tx
          .query<ReplicaTables>()
          .deleteFrom('replicas')
          .where('last_seen_at', '<', before)
          .returning('id')
          .execute();
        return rows.map((row) => row.id);
      }, hot),

    async stop() {
      clearInterval(timer);
      if (timer === undefined) return;
      await database
        .transaction(async (tx) => {
          await tx.query<ReplicaTables>().deleteFrom('replicas').where('id', '=', id).execute();
        }, hot)
        .catch((error: unknown) => logger.warn({ err: error }, 'this server could not sign off'));
    },
  };
}

function selectReplicas(reader: SqlReader) {
  return reader.query<ReplicaTables>().selectFrom('replicas').selectAll().orderBy('id');
}
