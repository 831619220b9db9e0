import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** A database of its own on the server that the tests were given. */
interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** The address of the server, with a user that may create databases. */
export function testPostgresUrl(): string {
  const url = process.env.ESTEIRA_TEST_POSTGRES_URL;
  if (url === undefined || url === '') {
    throw new Error('This test needs PostgreSQL: run it with npm test, or set ESTEIRA_TEST_POSTGRES_URL.');
  }
  return url;
}

/** Makes an empty database, or a copy of the template. */
export async function createTestDatabase(options: { template?: string } = {}): Promise<TestDatabase> {
  const name = `esteira_test_${randomBytes(8).toString('hex')}`;
  await onServer(async (client) => {
    await client.query(
      `create database ${name}${options.template === undefined ? '' : ` template ${options.template}`}`,
    );
  });
  return {
    url: withDatabase(testPostgresUrl(), name),
    drop: () =>
      onServer(async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

export function withDatabase(url: string, name: string): string {
  const address = new URL(url);
  address.pathname = `/${name}`;
  return address.href;
}

/** Runs statements as the user of the tests, on the database of the address, or that which the server was given with. */
export async function onServer<R>(
  work: (client: Client) => Promise<R>,
  url: string = testPostgresUrl(),
): Promise<R> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
