import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { startQuietServer } from './quiet-server.fixture.ts';
import type { RunningServer } from './start-server.ts';
import { startPostgres } from './storage/sql/postgres/start-postgres.fixture.ts';

const token = 'an-owner-token-for-tests-0123456789abcdef';
const folder = mkdtempSync(join(tmpdir(), 'esteira-password-'));
const urlFile = join(folder, 'database-url');

describe('a password of PostgreSQL that is replaced while the server works', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let server: RunningServer;
  let owner: Client;
  before(async () => {
    postgres = await startPostgres({ password: 'the first' });
    owner = new Client(postgres.url);
    await owner.connect();
    replaceFile('the first');
    server = await startQuietServer(
      {
        dataDir: join(folder, 'data'),
        bootstrapToken: token,
      },
      { ESTEIRA_DATABASE_URL_FILE: urlFile },
    );
  });
  after(async () => {
    await server?.close();
    await owner?.end();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps all that was acknowledged, tells what it cannot do, and goes on by itself', async () => {
    const acknowledged: string[] = [];
    let stopped = false;
    const refusals = new Set<string>();
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let number = 0; !stopped; number++) {
        const verdict = await create(`rows-${writer}-${number}`, acknowledged);
        if (verdict !== undefined) refusals.add(verdict);
      }
    });
    const more = async (count: number) => {
      const wanted = acknowledged.length + count;
      while (acknowledged.length < wanted) await pause(20);
    };
    try {
      await more(10);
      // Made valid and handed over: sessions that are open stay, new ones use the new one.
      await owner.query(`alter role esteira password 'the second'`);
      replaceFile('the second');
      await endSessions();
      await more(10);
      // Made valid, and not handed over yet.
      await owner.query(`alter role esteira password 'the third'`);
      await endSessions();
      while (!refusals.has('503 DATABASE_UNAVAILABLE')) await pause(20);
      replaceFile('the third');
      await more(10);
    } finally {
      stopped = true;
      await Promise.all(writers);
    }
    // A commit whose session was ended may have been kept: that is said, and the row may be there or not.
    for (const refusal of refusals) assert.match(refusal, /^503 (DATABASE_UNAVAILABLE|COMMIT_UNKNOWN)$/);
    const { rows } = await owner.query<{ name: string }>('select name from datasets');
    const kept = new Set(rows.map(({ name }) => name));
    assert.deepEqual(
      acknowledged.filter((name) => !kept.has(name)),
      [],
    );
    if (!refusals.has('503 COMMIT_UNKNOWN')) assert.equal(kept.size, acknowledged.length);
  });

  function replaceFile(password: string): void {
    const url = new URL(postgres.url);
    url.password = password;
    writeFileSync(`${urlFile}.new`, url.href);
    renameSync(`${urlFile}.new`, urlFile);
  }

  async function endSessions(): Promise<void> {
    await owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'esteira' and pid <> pg_backend_pid()`,
    );
  }

  /** Status and code of a refusal; undefined when it was taken. */
  async function create(name: string, acknowledged: string[]): Promise<string | undefined> {
    const answer = await fetch(`${server.url}/api/v1/datasets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const body = (await answer.json()) as { code?: string };
    if (answer.status === 201) acknowledged.push(name);
    return answer.status === 201 ? undefined : `${answer.status} ${body.code}`;
  }
});
