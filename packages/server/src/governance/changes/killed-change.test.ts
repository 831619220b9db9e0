import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { migrations } from '../../migrations/index.ts';
import { migrate } from '../../storage/sql/migrator.ts';
import { openSqliteDatabase } from '../../storage/sql/sqlite/open-sqlite-database.ts';
import { openOnFile } from './killed-change.fixture.ts';

describe('a change whose process is killed', () => {
  it('goes on after its finished steps and succeeds', async () => {
    const { state, journal } = await killIn('two', { sound: true });
    assert.equal(state, 'succeeded');
    assert.deepEqual(journal, ['one', 'two', 'two', 'three', 'verify']);
  });

  it('repeats no step when it was verifying', async () => {
    const { state, journal } = await killIn('verify', { sound: true });
    assert.equal(state, 'succeeded');
    assert.deepEqual(journal, ['one', 'two', 'three', 'verify', 'verify']);
  });

  it('is still rolled back when it was rolling back', async () => {
    const { state, journal } = await killIn('roll back', { sound: false });
    assert.equal(state, 'rolled-back');
    assert.deepEqual(journal, ['one', 'two', 'three', 'verify', 'roll back', 'roll back']);
  });
});

/** Kills a process (signal 9) within the named call of its change, and lets another one take the change up. */
async function killIn(call: string, { sound }: { sound: boolean }) {
  const root = await mkdtemp(join(tmpdir(), 'esteira-changes-'));
  const path = join(root, 'esteira.db');
  const database = openSqliteDatabase({ path });
  await migrate(database, migrations, systemClock);
  await database.close();
  const script = join(import.meta.dirname, 'killed-change.child.ts');
  const child = spawn(process.execPath, [script, path, call, String(sound)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');

  const { changes, jobs, journal, close } = await openOnFile(path, undefined);
  const [summary] = (await changes.list('ws_1', { limit: 10 })).items;
  assert.ok(summary);
  await jobs.start();
  const { state } = await changes.wait('ws_1', summary.id);
  const lines = await journal();
  await close();
  await rm(root, { recursive: true });
  return { state, journal: lines };
}
