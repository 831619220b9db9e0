import { Socket } from 'node:net';
import { Client, type CustomTypesConfig } from 'pg';
import type { StatementNames } from './statement-names.ts';

export interface StatementResult {
  readonly rows: Record<string, unknown>[];
  /** Undefined when the statement changes nothing by its kind. */
  readonly changes: bigint | undefined;
  /** `COMMIT` answers `ROLLBACK` when the transaction had failed. */
  readonly command: string;
}

/** A notification of another session. */
interface Notice {
  readonly payload: string;
}

/** One session. Statements are sent without waiting for the answers of those before, and answered in order. */
export interface PostgresConnection {
  run(sql: string, parameters: readonly unknown[]): Promise<StatementResult>;
  /** Runs statements without parameters in one message; the result is the last one's. */
  runAll(statements: string): Promise<StatementResult>;
  readonly lost: boolean;
  /** Tells which life of the server the session belongs to. See `commit-outcome.ts`. */
  readonly life: ServerLife;
  onNotice(listener: (notice: Notice) => void): void;
  onLost(listener: () => void): void;
  close(): Promise<void>;
}

/** When the server was started and the process ids of its background workers, which a crash renews as well. */
export interface ServerLife {
  readonly startedAt: string;
  readonly workers: readonly number[];
}

/** A column `life` that reads as `ServerLife`. */
export const serverLifeSql = `json_build_object('startedAt', pg_postmaster_start_time()::text, 'workers',
  (select coalesce(json_agg(pid), '[]') from pg_stat_activity where datid is null))::text as life`;

const connectTimeoutMs = 5_000;

/**
 * What every session begins with. It reads only by default, so that the server itself refuses a write outside a
 * transaction. The compiler of statements costs more than it saves on short ones. A row is found on disks of today, or in
 * memory, as fast wherever it lies: with the price of a disk that turns, a statement that is prepared while its table is
 * almost empty would go through all of it, and keep doing so while it grows, until the server gathers statistics. A process
 * that hangs with a transaction open loses it after a minute, for it may hold rows that others wait for; one whose machine is
 * gone loses its locks within a minute too.
 */
const sessionSettings = `
  set default_transaction_read_only = on;
  set idle_in_transaction_session_timeout = 60000;
  set tcp_keepalives_idle = 15;
  set tcp_keepalives_interval = 5;
  set jit = off;
  set random_page_cost = 1.1;
  set timezone = 'UTC'`;

/** Opens a session. Throws what the server or the socket says. */
export async function openPostgresConnection(
  url: string,
  names: StatementNames,
): Promise<PostgresConnection> {
  const socket = new Socket();
  let holdingBack = false;
  /** What is sent in one turn goes in one piece: each piece costs a call into the system and may wake the server. */
  function sendTogether(): void {
    if (holdingBack) return;
    holdingBack = true;
    socket.cork();
    process.nextTick(() => {
      holdingBack = false;
      socket.uncork();
    });
  }
  const client = new Client({
    stream: () => socket,
    connectionString: url,
    fallback_application_name: 'esteira',
    pipeline: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: connectTimeoutMs,
    types: columnTypes,
  });
  let lost = false;
  const lostListeners: (() => void)[] = [];
  function markLost(): void {
    if (lost) return;
    lost = true;
    for (const listener of lostListeners) listener();
  }
  client.on('error', markLost);
  client.on('end', markLost);
  await client.connect();

  async function runAll(statements: string): Promise<StatementResult> {
    sendTogether();
    const result: unknown = await client.query(statements);
    const last = Array.isArray(result) ? (result.at(-1) as unknown) : result;
    return toStatementResult(last as Parameters<typeof toStatementResult>[0]);
  }

  async function close(): Promise<void> {
    markLost();
    await client.end().catch(() => undefined);
  }

  const begun = await runAll(
    `${sessionSettings}; select pg_backend_pid() as process, ${serverLifeSql}`,
  ).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const processId = Number(begun.rows[0]?.process);
  const life = JSON.parse(String(begun.rows[0]?.life)) as ServerLife;

  return {
    async run(sql, parameters) {
      sendTogether();
      const name = names.of(sql);
      const result = await client.query<Record<string, unknown>>({
        text: sql,
        values: parameters as unknown[],
        ...(name === undefined ? {} : { name }),
      });
      return toStatementResult(result);
    },
    runAll,
    get lost() {
      return lost;
    },
    life,
    onNotice(listener) {
      client.on('notification', (message) => {
        // A session hears itself; it has told its own process already.
        if (message.processId !== processId) listener({ payload: message.payload ?? '' });
      });
    },
    onLost: (listener) => void lostListeners.push(listener),
    close,
  };
}

const changingCommands: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

function toStatementResult(result: {
  rows: Record<string, unknown>[];
  rowCount: number | null;
  command: string;
}): StatementResult {
  const { rows, rowCount, command } = result;
  return { rows, command, changes: changingCommands.has(command) ? BigInt(rowCount ?? 0) : undefined };
}

// Object ids of pg_type.dat.
const typeIds = {
  boolean: 16,
  bigint: 20,
  smallint: 21,
  integer: 23,
  real: 700,
  double: 701,
  numeric: 1700,
} as const;

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  // As SQLite: a condition that is selected is 0 or 1.
  [typeIds.boolean]: (text) => (text === 't' ? 1 : 0),
  [typeIds.bigint]: toWholeNumber,
  [typeIds.smallint]: Number,
  [typeIds.integer]: Number,
  [typeIds.real]: Number,
  [typeIds.double]: Number,
  // Sums of whole numbers are numeric.
  [typeIds.numeric]: Number,
};

// What is not a number stays the text it is, JSON too: rooms parse it themselves.
const columnTypes: CustomTypesConfig = {
  getTypeParser: ((typeId: number) => parsers[typeId] ?? String) as CustomTypesConfig['getTypeParser'],
};

function toWholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`The number ${text} is beyond what a number can hold exactly.`);
  return value;
}
