import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { openTestDatabase } from '../sql/open-test-database.ts';
import type { SqlDatabase } from '../sql/sql-database.ts';
import { createSharedSecrets } from './shared-secret.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-secrets-'));
after(() => rmSync(folder, { recursive: true }));

function keyFile(active: string, ids: readonly string[]): string {
  const path = join(folder, `${active}-of-${ids.join('-')}.yaml`);
  const keys = ids.map((id) => `  ${id}: ${Buffer.alloc(32, id).toString('base64')}`);
  writeFileSync(path, `active: ${active}\nkeys:\n${keys.join('\n')}\n`, { mode: 0o600 });
  return path;
}

function secretsOf(database: SqlDatabase, path?: string) {
  return createSharedSecrets({ database, clock: systemClock, random: systemRandom, keyFile: path });
}

const make = () => systemRandom.bytes(32);
const refuse = () => assert.fail('must not be made again');

async function stored(database: SqlDatabase) {
  return await database
    .query<{ shared_secrets: { value: string; key_id: string | null } }>()
    .selectFrom('shared_secrets')
    .select(['value', 'key_id'])
    .executeTakeFirstOrThrow();
}

describe('a shared secret', () => {
  it('is the same for every server, however many ask for it first', async () => {
    const database = await openTestDatabase();
    const opened = await Promise.all(
      Array.from({ length: 5 }, () => secretsOf(database).open('signing', make)),
    );
    assert.equal(new Set(opened.map((secret) => secret.toString('hex'))).size, 1);
    assert.deepEqual(await secretsOf(database).open('signing', refuse), opened[0]);
    await database.close();
  });

  it('is wrapped with the active key, also when that is another than before', async () => {
    const database = await openTestDatabase();
    const secret = await secretsOf(database).open('signing', make);
    const first = keyFile('first', ['first']);
    assert.deepEqual(await secretsOf(database, first).open('signing', refuse), secret);
    assert.equal((await stored(database)).key_id, 'first');
    assert.ok(!(await stored(database)).value.includes(secret.toString('base64')));
    const both = keyFile('second', ['second', 'first']);
    assert.deepEqual(await secretsOf(database, both).open('signing', refuse), secret);
    assert.equal((await stored(database)).key_id, 'second');
    assert.deepEqual(
      await secretsOf(database, keyFile('second', ['second'])).open('signing', refuse),
      secret,
    );
    await database.close();
  });

  it('stays closed without its key', async () => {
    const database = await openTestDatabase();
    await secretsOf(database, keyFile('first', ['first'])).open('signing', make);
    const refused = { code: 'BAD_CONFIG' };
    await assert.rejects(secretsOf(database).open('signing', refuse), refused);
    await assert.rejects(secretsOf(database, keyFile('other', ['other'])).open('signing', refuse), refused);
    await database.close();
  });
});
