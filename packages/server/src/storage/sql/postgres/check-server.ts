import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { esteiraError } from '../../../kernel/errors.ts';
import { openPostgresConnection } from './postgres-connection.ts';
import { connectionProblem, errorCode, isConnectionLost, isUserRefused } from './postgres-errors.ts';
import { createStatementNames } from './statement-names.ts';

const oldestVersion = 150_000;
// Some three seconds of pauses: a database that is started together with this server is up by then.
const tries = 8;

// SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html
const missingDatabase = '3D000';

/**
 * Opens one session and looks whether the server will do. Throws BAD_CONFIG, naming what to change and never a password;
 * DATABASE_UNAVAILABLE when nothing answers for some seconds.
 */
export async function checkPostgresServer(url: string): Promise<void> {
  const place = describePlace(url);
  for (let attempt = 1; ; attempt++) {
    try {
      await checkOnce(url, place);
      return;
    } catch (error) {
      if (isUserRefused(error) || !isConnectionLost(error)) throw explain(error, place);
      if (attempt === tries) {
        throw esteiraError(
          'DATABASE_UNAVAILABLE',
          { problem: `${connectionProblem(error)} (${place.host})` },
          error,
        );
      }
      await sleep(Math.min(800, 25 * 2 ** attempt));
    }
  }
}

interface Place {
  readonly host: string;
  readonly database: string;
  readonly user: string;
}

function describePlace(url: string): Place {
  try {
    const { host, port, database, user } = new Client({ connectionString: url });
    return { host: `${host}:${port}`, database: database ?? '', user: user ?? '' };
  } catch (error) {
    throw badConfig('it is not an address, which reads postgres://user:password@host:port/database', error);
  }
}

async function checkOnce(url: string, place: Place): Promise<void> {
  const connection = await openPostgresConnection(url, createStatementNames());
  try {
    const { rows } = await connection.run(
      `select current_setting('server_version_num')::integer as number, current_setting('server_version') as version,
         current_setting('server_encoding') as encoding, pg_is_in_recovery() as standby`,
      [],
    );
    const { number = 0, version, encoding, standby } = rows[0] ?? {};
    if (Number(number) < oldestVersion) {
      throw badConfig(`the server at ${place.host} is PostgreSQL ${version}; 15 or newer is needed`);
    }
    if (encoding !== 'UTF8') {
      throw badConfig(
        `the database ${place.database} holds text as ${encoding}; create one with: createdb --encoding UTF8 --template template0`,
      );
    }
    if (standby === 1)
      throw badConfig(`the server at ${place.host} is a standby, which cannot be written; name the primary`);
  } finally {
    await connection.close();
  }
}

function explain(error: unknown, place: Place): unknown {
  const { host, database, user } = place;
  const code = errorCode(error);
  if (isUserRefused(error)) {
    return badConfig(
      `the server at ${host} refuses the user ${user}: the password is wrong, or its pg_hba.conf does not let this user in`,
      error,
    );
  }
  if (code === missingDatabase) {
    return badConfig(
      `there is no database ${database} at ${host}; create it: createdb --host … ${database}`,
      error,
    );
  }
  const message = error instanceof Error ? error.message : '';
  if (message.includes('client password must be a')) {
    return badConfig(
      `the server at ${host} asks the user ${user} for a password, and the address has none`,
      error,
    );
  }
  if (message.includes('SSL') || code.includes('CERT') || code.startsWith('ERR_TLS')) {
    return badConfig(`no encrypted connection to ${host} could be made; see sslmode and sslrootcert`, error);
  }
  return error;
}

function badConfig(problem: string, cause?: unknown): Error {
  return esteiraError('BAD_CONFIG', { problem: `databaseUrl: ${problem}` }, cause);
}
