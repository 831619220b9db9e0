import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { esteira, type Installation, runCommand, startInstallation } from '../../esteira-command.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-blobs-command-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function run(words: readonly string[], installation?: Installation) {
  const answer = await runCommand(esteira, ['--json', ...words], {
    environment: installation?.environment ?? {},
  });
  const value = answer.code === 0 ? (JSON.parse(answer.stdout) as Record<string, unknown>) : {};
  return { ...answer, value };
}

describe('esteira blobs', () => {
  it('makes a key file, encrypts with it, and rotates without a restart', async () => {
    const keys = join(folder, 'keys.yaml');
    const made = await run(['blobs', 'new-key', keys, '--id', 'first']);
    assert.deepEqual(made.value, { file: keys, id: 'first', active: 'first' });
    assert.equal(statSync(keys).mode & 0o777, 0o600);
    const installation = await startInstallation({ blobKeys: keys });
    after(() => installation.close());
    const csv = join(folder, 'rows.csv');
    writeFileSync(csv, 'a,b\n1,2\n');
    await run(['datasets', 'create', 'rows'], installation);
    const uploaded = await run(['datasets', 'land', 'rows', csv], installation);
    assert.equal(uploaded.code, 0, uploaded.stderr);
    const before = await run(['blobs', 'status'], installation);
    const blobs = (before.value.keys as { blobs: number }[])[0]?.blobs ?? 0;
    assert.ok(blobs > 0);
    assert.deepEqual(before.value.keys, [{ id: 'first', blobs, available: true }]);
    await run(['blobs', 'new-key', keys, '--id', 'second']);
    const rotated = await run(['blobs', 'rotate'], installation);
    assert.deepEqual(rotated.value, { active: 'second', rewrapped: blobs, encrypted: 0, left: {} });
    const now = await run(['blobs', 'status'], installation);
    assert.deepEqual(now.value.keys, [
      { id: 'second', blobs, available: true },
      { id: 'first', blobs: 0, available: true },
    ]);
    const audit = await run(['audit', 'list'], installation);
    assert.match(audit.stdout, /governance\.blob-keys\.rotated/);
  });

  it('says what to do where content is not encrypted', async () => {
    const installation = await startInstallation();
    after(() => installation.close());
    for (const verb of ['status', 'rotate']) {
      const answer = await run(['blobs', verb], installation);
      assert.equal(answer.code, 1);
      assert.match(answer.stderr, /BLOBS_NOT_ENCRYPTED|new-key/);
    }
  });
});
