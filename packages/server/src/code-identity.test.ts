import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readCodeIdentity } from './code-identity.ts';

let root: string;

before(() => {
  root = mkdtempSync(join(tmpdir(), 'esteira-code-'));
});

after(() => rmSync(root, { recursive: true }));

function read(directory: string, configuredCommit?: string, nodeVersion = 'v26.0.0') {
  return readCodeIdentity({ directory, configuredCommit, nodeVersion });
}

/** A checkout with one commit, made without the settings of whoever runs this. */
function makeCheckout(name: string): { directory: string; commit: string } {
  const directory = join(root, name);
  mkdirSync(directory);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', directory, ...args], {
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim();
  git('init', '-q');
  writeFileSync(join(directory, 'code.ts'), 'first\n');
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-q', '-m', 'first');
  return { directory, commit: git('rev-parse', 'HEAD') };
}

test('a clean checkout is its commit', async () => {
  const { directory, commit } = makeCheckout('clean');
  const { environmentDigest, ...code } = await read(directory);
  assert.deepEqual(code, { codeCommit: commit, dirty: false });
  assert.match(environmentDigest, /^sha256:[0-9a-f]{64}$/);
});

test('a changed checkout is its commit and the difference', async () => {
  const { directory, commit } = makeCheckout('changed');
  writeFileSync(join(directory, 'code.ts'), 'second\n');
  const code = await read(directory);
  assert.equal(code.codeCommit, commit);
  assert.equal(code.dirty, true);
  assert.match(Buffer.from(code.diff ?? []).toString(), /-first\n\+second/);
});

test('a difference too large to keep leaves the commit known and marked as changed', async () => {
  const { directory, commit } = makeCheckout('large');
  writeFileSync(join(directory, 'code.ts'), 'x'.repeat(79).concat('\n').repeat(60_000));
  const { environmentDigest: _environment, ...code } = await read(directory);
  assert.deepEqual(code, { codeCommit: commit, dirty: true });
});

test('without a checkout there is no commit, unless the configuration says one', async () => {
  const directory = join(root, 'plain');
  mkdirSync(directory);
  const { environmentDigest, ...unknown } = await read(directory);
  assert.deepEqual(unknown, {});
  assert.deepEqual(await read(directory, 'abc123'), {
    codeCommit: 'abc123',
    dirty: false,
    environmentDigest,
  });
});

test('the environment is the runtime and the nearest lock file above', async () => {
  const directory = join(root, 'installed/packages/server');
  mkdirSync(directory, { recursive: true });
  const bare = (await read(directory)).environmentDigest;
  writeFileSync(join(root, 'installed/package-lock.json'), '{"a": 1}');
  const locked = (await read(directory)).environmentDigest;
  writeFileSync(join(root, 'installed/package-lock.json'), '{"a": 2}');
  const changed = (await read(directory)).environmentDigest;
  const newerRuntime = (await read(directory, undefined, 'v27.0.0')).environmentDigest;
  assert.equal(new Set([bare, locked, changed, newerRuntime]).size, 4);
  assert.equal((await read(directory)).environmentDigest, changed);
});
