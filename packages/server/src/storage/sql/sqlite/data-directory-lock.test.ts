import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { acquireDataDirectoryLock } from './data-directory-lock.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-lock-'));
after(() => rmSync(root, { recursive: true, force: true }));

describe('the lock of a data directory', () => {
  it('refuses a second holder in the same process until the first lets go', () => {
    const directory = join(root, 'same');
    const first = acquireDataDirectoryLock(directory);
    assert.throws(() => acquireDataDirectoryLock(directory), {
      code: 'STORAGE_BUSY',
      details: { path: directory },
    });
    first.release();
    acquireDataDirectoryLock(directory).release();
    assert.equal(statSync(directory).mode & 0o777, 0o700);
  });

  it('refuses a second process, and is free the moment the first is killed', async () => {
    const directory = join(root, 'other');
    const child = spawn(process.execPath, [join(import.meta.dirname, 'lock-holder.child.ts'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    assert.throws(() => acquireDataDirectoryLock(directory), { code: 'STORAGE_BUSY' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    acquireDataDirectoryLock(directory).release();
  });
});
