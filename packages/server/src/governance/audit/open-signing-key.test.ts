import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemRandom } from '../../kernel/random-source.ts';
import { openSigningKey } from './open-signing-key.ts';

describe('the signing key', () => {
  it('is made once, readable by its owner alone, and the same ever after', async (context) => {
    const directory = await mkdtemp(join(tmpdir(), 'esteira-key-'));
    context.after(() => rm(directory, { recursive: true, force: true }));
    const path = join(directory, 'audit-key.pem');
    const made = await openSigningKey(path, systemRandom);
    const found = await openSigningKey(path, systemRandom);
    assert.ok(made.equals(found));
    assert.equal(made.asymmetricKeyType, 'ed25519');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('that cannot be read is an error, never a reason to make another', async (context) => {
    const directory = await mkdtemp(join(tmpdir(), 'esteira-key-'));
    context.after(() => rm(directory, { recursive: true, force: true }));
    const path = join(directory, 'audit-key.pem');
    await writeFile(path, 'not a key');
    await assert.rejects(openSigningKey(path, systemRandom));
  });
});
