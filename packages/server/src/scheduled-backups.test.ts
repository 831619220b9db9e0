import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Backup, Job } from '@esteira/contracts';
import type { z } from 'zod';
import { listArchives } from './list-archives.ts';
import { startQuietServer } from './quiet-server.fixture.ts';
import type { RunningServer } from './start-server.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-scheduled-'));
after(() => rmSync(root, { recursive: true, force: true }));
const token = `owner${'s'.repeat(40)}`;

function start(name: string, flags: Readonly<Record<string, unknown>>): Promise<RunningServer> {
  return startQuietServer({ dataDir: join(root, name), bootstrapToken: token, ...flags });
}

async function ask<T>(server: RunningServer, method: string, path: string): Promise<T> {
  const headers = { authorization: `Bearer ${token}` };
  return (await (await fetch(`${server.url}/api/v1${path}`, { method, headers })).json()) as T;
}

interface Listed {
  readonly configured: boolean;
  readonly schedule: string | null;
  readonly items: readonly Backup[];
}

test('a server writes archives to the folder of its configuration when it is asked, and keeps so many', async () => {
  const backupDirectory = join(root, 'archives');
  const server = await start('asked', { backupDirectory, backupKeep: 2, backupSchedule: '0 4 * * 0' });
  try {
    assert.deepEqual((await ask<Listed>(server, 'GET', '/backups')).items, []);
    const names: string[] = [];
    for (let count = 0; count < 3; count++) {
      const { jobId } = await ask<{ jobId: string }>(server, 'POST', '/backups');
      const job = await ask<z.infer<typeof Job>>(server, 'GET', `/jobs/${jobId}?waitSeconds=60`);
      assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
      names.unshift((job.result as { name: string }).name);
    }
    const listed = await ask<Listed>(server, 'GET', '/backups');
    assert.deepEqual([listed.configured, listed.schedule], [true, '0 4 * * 0']);
    assert.deepEqual(
      listed.items.map(({ name }) => name),
      names.slice(0, 2),
    );
    const checked = await listArchives({
      flags: {},
      environment: {},
      from: backupDirectory,
      check: true,
      onProgress() {},
      signal: new AbortController().signal,
    });
    assert.deepEqual(
      checked.map(({ problem }) => problem),
      [undefined, undefined],
    );
  } finally {
    await server.close();
  }
});

test('a server without such a folder writes nowhere', async () => {
  const server = await start('without', {});
  try {
    assert.equal((await ask<Listed>(server, 'GET', '/backups')).configured, false);
    const refused = await ask<{ code: string }>(server, 'POST', '/backups');
    assert.equal(refused.code, 'BACKUP_NOT_CONFIGURED');
  } finally {
    await server.close();
  }
});

test('a schedule that cannot be read is named at the start', async () => {
  await assert.rejects(start('wrong', { backupDirectory: join(root, 'a'), backupSchedule: 'at night' }), {
    code: 'BAD_CONFIG',
    message: /backupSchedule: The cron expression/,
  });
});
