import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openSecretFile } from './secret-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-secret-'));
after(() => rmSync(folder, { recursive: true }));

test('a secret is what its file holds, without the end of the line, and what a later file holds', () => {
  const path = join(folder, 'replaced');
  const news: string[] = [];
  writeFileSync(path, 'first\n');
  const secret = openSecretFile(path, { onReplaced: (verdict) => news.push(verdict) });
  assert.equal(secret(), 'first');
  writeFileSync(`${path}.new`, 'second');
  renameSync(`${path}.new`, path);
  assert.equal(secret(), 'second');
  assert.equal(secret(), 'second');
  assert.deepEqual(news, ['taken']);
});

test('a link that leads to another file is another secret', () => {
  const link = join(folder, 'link');
  for (const name of ['old', 'new']) writeFileSync(join(folder, name), name);
  symlinkSync(join(folder, 'old'), link);
  const secret = openSecretFile(link);
  assert.equal(secret(), 'old');
  symlinkSync(join(folder, 'new'), `${link}.new`);
  renameSync(`${link}.new`, link);
  assert.equal(secret(), 'new');
});

test('the last secret stands while there is no file, and where the next is empty or not accepted', () => {
  const path = join(folder, 'kept');
  const news: string[] = [];
  writeFileSync(path, 'long enough');
  const secret = openSecretFile(path, {
    accepts: (text) => text.length > 5,
    onReplaced: (verdict) => news.push(verdict),
  });
  unlinkSync(path);
  assert.equal(secret(), 'long enough');
  writeFileSync(path, '');
  assert.equal(secret(), 'long enough');
  writeFileSync(path, 'no');
  assert.equal(secret(), 'long enough');
  assert.deepEqual(news, ['refused', 'refused']);
});

test('without a file, or with an empty one, there is no secret to begin with', () => {
  assert.throws(() => openSecretFile(join(folder, 'missing')), /ENOENT/);
  writeFileSync(join(folder, 'empty'), '\n');
  assert.throws(() => openSecretFile(join(folder, 'empty')), /is empty/);
});
