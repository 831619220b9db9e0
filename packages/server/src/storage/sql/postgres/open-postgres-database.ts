import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CompiledQuery, type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { esteiraError } from '../../../kernel/errors.ts';
import { type Logger, silentLogger } from '../../../kernel/logger.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import { arraySource } from '../row-source.ts';
import type { SqlDatabase, SqlTransaction, TransactionOptions } from '../sql-database.ts';
import { type Announcement, createTopicListeners, noteAnnouncement } from '../topic-listeners.ts';
import { createAnnouncementChannel } from './announcement-channel.ts';
import { checkPostgresServer } from './check-server.ts';
import { askCommitOutcome } from './commit-outcome.ts';
import { createConnectionPool } from './connection-pool.ts';
import { createContendedLane } from './contended-lane.ts';
import { postgresJsonList } from './json-list.ts';
import {
  openPostgresConnection,
  type PostgresConnection,
  type StatementResult,
} from './postgres-connection.ts';
import { kyselyOver } from './postgres-dialect.ts';
import {
  isCollision,
  isConnectionLost,
  isConsequence,
  rowsMissedWords,
  toPortError,
} from './postgres-errors.ts';
import { createStatementNames } from './statement-names.ts';
import { postgresStatementsOf } from './statements-of.ts';

/** One run of a transaction's body, on a session of its own. */
interface BodyScope {
  readonly connection: PostgresConnection;
  readonly mode: TransactionMode;
  open: boolean;
  /** Sent with the first statement; answers with the id of the transaction. */
  begun?: Promise<string>;
  /** The commit goes out behind the next statement and those that are begun in the same turn. */
  ending: boolean;
  /** The answer to a commit that was sent along with the statements. */
  committing?: Promise<StatementResult>;
  /** Why a statement of the body failed. It takes back the body even when the body goes on. */
  failure?: unknown;
}

interface TransactionMode {
  readonly isolation: 'read committed' | 'serializable';
  readonly lazy: boolean;
  readonly atOnce: boolean;
}

interface Committed<R> {
  readonly value: R;
  readonly listeners: readonly (() => void)[];
  readonly announcements: readonly Announcement[];
}

/** A run that was taken back through no fault of the body. */
interface Retry {
  readonly retry: 'collision' | 'connection lost';
  readonly error: unknown;
}

const freeTries = 3;
const maxCollisions = 20;
/** About eight seconds of pauses: a server that restarts is back by then. */
const maxLosses = 12;
const positionsPerTransaction = 65_536;
// Any number that nothing else on the database locks.
const exclusiveLock = 3_783_473;

/**
 * A database on a PostgreSQL server. Looks first whether the server will do (`checkPostgresServer` says what is thrown);
 * further sessions are opened when they are needed, `poolSize` of them and one that hears of changes.
 */
export async function openPostgresDatabase(options: {
  /** Asked for each session when it may change. */
  url: string | (() => string);
  poolSize: number;
  random: RandomSource;
  logger?: Logger;
}): Promise<SqlDatabase> {
  const { url } = options;
  const address = typeof url === 'string' ? () => url : url;
  await checkPostgresServer(address());
  const logger = options.logger ?? silentLogger;
  const names = createStatementNames();
  const open = () => openPostgresConnection(address(), names);
  const pool = createConnectionPool({ size: options.poolSize, open });
  const lane = createContendedLane();
  const topics = createTopicListeners(logger);
  const channel = createAnnouncementChannel({
    open,
    logger,
    hear: topics.tell,
    hearAll: topics.tellAll,
    pause: (failures) => sleep(pauseOfLoss(failures), undefined, { ref: false }),
  });
  const scopes = new AsyncLocalStorage<BodyScope>();
  const pending = new Set<Promise<unknown>>();
  let closed = false;

  const reads = kyselyOver({ run: read, stream: streamRead });
  const writes = kyselyOver({
    run: (query) => runInBody(query),
    async *stream(query, chunkSize) {
      yield* chunksOf((await runInBody(query)).rows, chunkSize);
    },
  });

  function admitRead(): void {
    if (scopes.getStore()?.open === true) throw new Error('Inside a transaction, read through its `tx`.');
    if (closed) throw new Error('The database is closed.');
  }

  async function read(query: CompiledQuery) {
    admitRead();
    return onSession((connection) => connection.run(query.sql, query.parameters));
  }

  /** Runs work that may be run again on another session when its session is lost. */
  async function onSession<R>(work: (connection: PostgresConnection) => Promise<R>): Promise<R> {
    for (let failures = 1; ; failures++) {
      let connection: PostgresConnection | undefined;
      try {
        connection = await pool.take();
        return await work(connection);
      } catch (error) {
        const again = isConnectionLost(error) || isCollision(error);
        if (!again || failures > maxLosses) throw toPortError(error);
        if (isCollision(error)) await connection?.close();
      } finally {
        if (connection !== undefined) pool.give(connection);
      }
      await sleep(pauseOfLoss(failures));
    }
  }

  async function* streamRead(query: CompiledQuery, chunkSize: number) {
    admitRead();
    const connection = await pool.take();
    try {
      await connection.runAll('begin isolation level repeatable read read only');
      await connection.run(`declare chunks no scroll cursor for ${query.sql}`, query.parameters);
      for (;;) {
        const { rows } = await connection.run(`fetch ${Math.trunc(chunkSize)} from chunks`, []);
        if (rows.length > 0) yield rows;
        if (rows.length < chunkSize) return;
      }
    } catch (error) {
      throw toPortError(error);
    } finally {
      if (!connection.lost) await connection.runAll('rollback').catch(() => connection.close());
      pool.give(connection);
    }
  }

  async function runInBody(query: CompiledQuery) {
    const scope = scopes.getStore();
    if (scope === undefined || !scope.open) {
      throw new Error('A transaction was used outside its body, or a statement of it was not awaited.');
    }
    if ('failure' in scope) throw new Error('An earlier statement of the transaction has failed.');
    if (scope.committing !== undefined) throw new Error('The transaction has sent its commit already.');
    try {
      begin(scope);
      if (scope.ending) {
        scope.ending = false;
        // Behind what the body sends in this turn, and before all of it goes out in one piece.
        process.nextTick(sendCommit, scope);
      }
      return await scope.connection.run(query.sql, query.parameters);
    } catch (error) {
      if (!('failure' in scope)) scope.failure = error;
      throw toPortError(error);
    }
  }

  /** Sends the beginning ahead of the first statement, without waiting for its answer. */
  function begin(scope: BodyScope): void {
    if (scope.begun !== undefined) return;
    const { isolation, lazy } = scope.mode;
    const durability = lazy ? ' set local synchronous_commit = off;' : '';
    scope.begun = scope.connection
      .runAll(
        `begin isolation level ${isolation} read write;${durability} select pg_current_xact_id()::text as id`,
      )
      .then(({ rows }) => String(rows[0]?.id));
    // Looked at before the commit; until then the failing statement behind it tells.
    scope.begun.catch(() => undefined);
  }

  /** A failed statement before it makes a rollback of it. */
  function sendCommit(scope: BodyScope): void {
    scope.committing = scope.connection.run('commit', []);
    scope.committing.catch(() => undefined);
  }

  async function runBody<R>(
    body: (tx: SqlTransaction) => Promise<R>,
    mode: TransactionMode,
    contended: boolean,
  ): Promise<Committed<R> | Retry> {
    let connection: PostgresConnection | undefined;
    let scope: BodyScope | undefined;
    const dropSession = (): void => {
      if (connection === undefined) return;
      void connection.close();
      pool.give(connection);
      connection = undefined;
    };
    try {
      // Who holds a session shortest goes first.
      connection = await pool.take(mode.atOnce);
      if (contended) await lane.lock(connection);
      scope = { connection, mode, open: true, ending: mode.atOnce };
      const listeners: (() => void)[] = [];
      const announcements: Announcement[] = [];
      const current = scope;
      const ends = (): void => {
        current.ending = true;
      };
      const tx = { ...createTransaction(writes, listeners, announcements), ends };
      const value = await scopes
        .run(current, () => body(tx))
        .finally(() => {
          current.open = false;
        });
      if ('failure' in scope) throw scope.failure;
      const lost = await commit(scope, dropSession);
      return lost ?? { value, listeners, announcements };
    } catch (error) {
      // What the statement said decides, not what the body made of it.
      const cause = scope !== undefined && 'failure' in scope ? scope.failure : error;
      if (connection !== undefined && !connection.lost) await takeBack(connection, scope, cause);
      if (isCollision(cause)) return { retry: 'collision', error: cause };
      if (isConnectionLost(cause)) return { retry: 'connection lost', error: cause };
      throw cause === error || isConsequence(error) ? toPortError(cause) : error;
    } finally {
      if (connection !== undefined) {
        if (contended && !connection.lost) await lane.unlock(connection).catch(() => connection?.close());
        pool.give(connection);
      }
    }
  }

  async function takeBack(
    connection: PostgresConnection,
    scope: BodyScope | undefined,
    cause: unknown,
  ): Promise<void> {
    try {
      if (scope?.begun !== undefined) await connection.runAll('rollback');
      // A session that failed in another way than by a collision is kept; a stale plan is not.
      if (isCollision(cause) && String(cause).includes('cached plan')) await connection.close();
    } catch {
      await connection.close();
    }
  }

  /** Returns why the body must run again when nothing was kept. */
  async function commit(scope: BodyScope, dropSession: () => void): Promise<Retry | undefined> {
    if (scope.begun === undefined) return undefined;
    const transactionId = await scope.begun;
    try {
      const { command } = await (scope.committing ?? scope.connection.run('commit', []));
      if (command === 'ROLLBACK')
        throw new Error('A statement of the transaction that was not awaited failed.');
      return undefined;
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      // The question takes a session: all who lost theirs at once would wait for each other's.
      dropSession();
      const outcome = await askCommitOutcome({
        pool,
        transactionId,
        life: scope.connection.life,
        pause: (failures) => sleep(pauseOfLoss(failures)),
      });
      if (outcome === 'committed') return undefined;
      if (outcome === 'aborted') return { retry: 'connection lost', error };
      throw esteiraError('COMMIT_UNKNOWN', {}, error);
    }
  }

  async function runUntilCommitted<R>(
    body: (tx: SqlTransaction) => Promise<R>,
    mode: TransactionMode,
  ): Promise<Committed<R>> {
    let collisions = 0;
    let losses = 0;
    for (;;) {
      const leave = collisions >= freeTries ? await lane.enter() : undefined;
      const outcome = await runBody(body, mode, leave !== undefined).finally(() => leave?.());
      if (!('retry' in outcome)) return outcome;
      if (outcome.retry === 'collision') {
        collisions++;
        if (collisions > maxCollisions) {
          const problem = 'a change met others on the same rows again and again';
          throw esteiraError('DATABASE_UNAVAILABLE', { problem }, outcome.error);
        }
        await sleep(pauseOfCollision(collisions, options.random));
      } else {
        losses++;
        if (losses > maxLosses) throw toPortError(outcome.error);
        await sleep(pauseOfLoss(losses));
      }
    }
  }

  async function transaction<R>(
    body: (tx: SqlTransaction) => Promise<R>,
    choice: TransactionOptions = {},
  ): Promise<R> {
    if (closed) throw new Error('The database is closed.');
    if (scopes.getStore()?.open === true) {
      throw new Error('A transaction was begun inside another; pass `tx` down instead.');
    }
    const running = runUntilCommitted(body, {
      isolation: choice.isolation === 'read-committed' ? 'read committed' : 'serializable',
      lazy: choice.durability === 'lazy',
      atOnce: choice.statements === 'at-once',
    });
    pending.add(running);
    try {
      const { value, listeners, announcements } = await running;
      for (const listener of listeners) runListener(listener, logger);
      for (const announcement of announcements) topics.tell(announcement);
      if (announcements.length > 0) channel.send(announcements);
      return value;
    } finally {
      pending.delete(running);
    }
  }

  return {
    capabilities: { manyWriters: true, skipLocked: true },
    sessions: () => pool.use(),
    query: <Tables>() => reads as unknown as Kysely<Tables>,
    settledPosition,
    isOneOf: isInArray,
    jsonList: postgresJsonList,
    firstOfIndex: firstWithTies,
    transaction,

    listen(topic, listener) {
      channel.start();
      return topics.listen(topic, listener);
    },

    async now() {
      const { rows } = await sql<{ now: number }>`
        select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(reads);
      return rows[0]?.now ?? 0;
    },

    async exclusive(work) {
      const connection = await pool.take().catch((error: unknown) => {
        throw toPortError(error);
      });
      try {
        await connection.run('select pg_advisory_lock($1)', [exclusiveLock]);
        return await work();
      } finally {
        // A session that is closed gives its locks back.
        if (!connection.lost) {
          await connection
            .run('select pg_advisory_unlock($1)', [exclusiveLock])
            .catch(() => connection.close());
        }
        pool.give(connection);
      }
    },

    statementsOf: postgresStatementsOf,

    async close() {
      if (closed) return;
      closed = true;
      await Promise.allSettled(pending);
      await channel.close();
      await pool.close();
    },
  };
}

function createTransaction(
  writes: Kysely<unknown>,
  listeners: (() => void)[],
  announcements: Announcement[],
): Omit<SqlTransaction, 'ends'> {
  let positions = 0;
  /** The first of so many positions that no other call is given. */
  function takePositions(count: number): RawBuilder<number> {
    if (positions + count > positionsPerTransaction) throw new Error('A transaction has too many positions.');
    const first = positions;
    positions += count;
    return sql`(${epochBase} + pg_current_xact_id()::text::bigint * ${sql.lit(positionsPerTransaction)} + ${first}::bigint)`;
  }
  return {
    query: <Tables>() => writes as unknown as Kysely<Tables>,
    settledPosition,
    isOneOf: isInArray,
    jsonList: postgresJsonList,
    firstOfIndex: firstWithTies,
    nextPosition: () => takePositions(1),
    async forEachRow(columns, rows, statement, { returnsEach } = {}) {
      if (rows.length === 0) return [];
      const positionOf = (_table: string, row: RawBuilder<number>) =>
        sql<number>`(${takePositions(rows.length)} + ${row} - 1)`;
      const one = statement(arraySource(columns, rows, positionOf));
      if (returnsEach === undefined) return (await one.execute(writes)).rows;
      return (await returningEach(one, rows.length).execute(writes)).rows;
    },
    afterCommit: (listener) => listeners.push(listener),
    announce: (topic, message) => noteAnnouncement(announcements, topic, message),
  };
}

/** No statement raises an error by itself, but one that reads words as a number does. See `toPortError`. */
function returningEach<Row>(statement: RawBuilder<Row>, rows: number): RawBuilder<Row> {
  return sql`
    with returned as (${statement})
    select returned.* from (
      select cast(case when count(*) = ${rows}::bigint then '1' else ${sql.lit(rowsMissedWords)} end as integer) as each from returned
    ) as found left join returned on true where found.each = 1`;
}

// Raised by `beginCommitEpoch` when rows came from a database whose transactions were counted otherwise.
const epochBase = sql<number>`(select coalesce(max(base), 0) from commit_epochs)`;

/** A position begins with the id of its transaction; every transaction below the oldest running one has ended. */
function settledPosition(): RawBuilder<number> {
  return sql<number>`(${epochBase} + pg_snapshot_xmin(pg_current_snapshot())::text::bigint * ${sql.lit(positionsPerTransaction)})`;
}

function isInArray(column: string, values: readonly string[]): RawBuilder<SqlBool> {
  return sql`${sql.ref(column)} = any(${values}::text[])`;
}

function firstWithTies(rows: number): RawBuilder<unknown> {
  return sql`fetch first (${rows}) rows with ties`;
}

function* chunksOf<Row>(rows: readonly Row[], size: number): Iterable<Row[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}

/** Spread by chance, so that those who met do not meet again. */
function pauseOfCollision(collisions: number, random: RandomSource): number {
  const [byte = 0] = random.bytes(1);
  return ((byte + 1) / 256) * Math.min(50, 2 ** collisions);
}

function pauseOfLoss(failures: number): number {
  return Math.min(1_000, 25 * 2 ** failures);
}

function runListener(listener: () => void, logger: Logger): void {
  try {
    listener();
  } catch (error) {
    logger.error({ err: error }, 'a listener of a commit failed');
  }
}
