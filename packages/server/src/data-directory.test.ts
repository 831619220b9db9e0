import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDataDirectory } from './data-directory.ts';
import { createIdGenerator } from './kernel/ids.ts';
import { systemRandom } from './kernel/random-source.ts';

const ids = createIdGenerator({ clock: { now: () => Date.UTC(2026, 0, 1) }, random: systemRandom });
let root: string;

before(() => {
  root = mkdtempSync(join(tmpdir(), 'esteira-data-'));
});

after(() => rmSync(root, { recursive: true }));

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

test('everything in it is for its owner alone, even where the folder was open before', () => {
  const path = join(root, 'open');
  mkdirSync(path);
  chmodSync(path, 0o777);
  const folder = openDataDirectory(path, ids);
  assert.equal(modeOf(path), 0o700);
  for (const name of readdirSync(path)) {
    const mode = modeOf(join(path, name));
    assert.equal(mode & 0o077, 0, `${name} ${mode.toString(8)}`);
  }
  assert.equal(folder.path, path);
});

test('the installation keeps its id, and another one has another', () => {
  const first = openDataDirectory(join(root, 'first/below'), ids).installationId;
  assert.match(first, /^inst_\w+$/);
  assert.equal(openDataDirectory(join(root, 'first/below'), ids).installationId, first);
  assert.notEqual(openDataDirectory(join(root, 'second'), ids).installationId, first);
});

test('an id whose writing a crash cut off is made anew', () => {
  const path = join(root, 'crashed');
  mkdirSync(path);
  writeFileSync(join(path, 'installation-id'), '');
  const { installationId } = openDataDirectory(path, ids);
  assert.match(installationId, /^inst_\w+$/);
  assert.equal(openDataDirectory(path, ids).installationId, installationId);
});

test('a folder that cannot be made is a mistake in the configuration', () => {
  const path = join(root, 'a-file');
  writeFileSync(path, '');
  assert.throws(() => openDataDirectory(path, ids), { code: 'BAD_CONFIG' });
  assert.throws(() => openDataDirectory(join(path, 'below'), ids), { code: 'BAD_CONFIG' });
});

test('what stands in the way inside of it is named', () => {
  const path = join(root, 'obstructed');
  for (const name of ['blobs', 'tables', 'data-plane']) {
    mkdirSync(path);
    writeFileSync(join(path, name), '');
    assert.throws(() => openDataDirectory(path, ids), {
      code: 'BAD_CONFIG',
      message: new RegExp(`obstructed/${name} is no folder that this process can make and write`),
    });
    rmSync(path, { recursive: true });
  }
  for (const name of ['esteira.db', 'installation-id', 'audit-signing-key.pem']) {
    mkdirSync(join(path, name), { recursive: true });
    assert.throws(() => openDataDirectory(path, ids), {
      code: 'BAD_CONFIG',
      message: new RegExp(`obstructed/${name} is no file that this process can make and write`),
    });
    rmSync(path, { recursive: true });
  }
});
